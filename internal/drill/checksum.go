package drill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"jembatan/health/replication"
)

// rounds is how often tables that are being written to are tried.
const rounds = 3

// tables compares checksums of the tables that the account sees on both servers,
// without those of the system and the controller's own.
//
// A table is equal when the standby's checksum is that of the active server
// before or after it. It differs only when the active server's did not change
// around the standby's reading, the standby had everything that the active
// server held at its first, and a repetition says the same.
func (d *Databases) tables(ctx context.Context, active, standby string) TableCheck {
	limit := or(d.Time, 10*time.Second)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New(NoTime))
	defer cancel()
	a, err := listTables(ctx, d.DB[active])
	if err == nil {
		var b map[string]uint64
		if b, err = listTables(ctx, d.DB[standby]); err == nil {
			return d.compare(ctx, active, standby, a, b, limit/2)
		}
	}
	return TableCheck{Why: whyNot(ctx, err)}
}

func (d *Databases) compare(ctx context.Context, active, standby string, a, b map[string]uint64, each time.Duration) TableCheck {
	c := TableCheck{}
	if len(a) == 0 && len(b) == 0 {
		c.Why = NotAllowed + ": the check account sees no table of the service (SELECT on its schemas lets it)"
		return c
	}
	var todo []int
	for _, name := range slices.Sorted(maps.Keys(merged(a, b))) {
		t := Table{Name: name}
		_, onA := a[name]
		_, onB := b[name]
		switch {
		case !onA || !onB:
			t.Why = OneSideOnly
		case max(a[name], b[name]) > or(d.Size, 64<<20):
			t.Why = TooLarge
		case len(todo) >= or(d.Most, 100):
			t.Why = TooMany
		default:
			todo = append(todo, len(c.Tables))
		}
		c.Tables = append(c.Tables, t)
	}
	for range rounds {
		todo = d.round(ctx, active, standby, c.Tables, todo, each)
	}
	c.total()
	return c
}

// round reads the checksums of some tables once on the standby and twice on the
// active server, and returns those that are worth another try.
func (d *Databases) round(ctx context.Context, active, standby string, tables []Table, todo []int, each time.Duration) []int {
	before := map[int]string{}
	for _, i := range todo {
		sum, err := checksum(ctx, d.DB[active], tables[i].Name, each)
		if err != nil {
			tables[i].State, tables[i].Why = NotCompared, whyNot(ctx, err)
			continue
		}
		before[i] = sum
	}
	if len(before) == 0 {
		return nil
	}
	held := replication.Read(ctx, d.target(active), replication.ReadOptions{})
	wait := or(d.CatchUp, 5*time.Second)
	there := replication.Read(ctx, d.target(standby), replication.ReadOptions{After: held.Executed, Wait: wait})
	caughtUp := compareGTID(held, there, held).State != NotCompared && there.Executed.Contains(held.Executed)
	var again []int
	for _, i := range todo {
		if was, ok := before[i]; ok && d.settle(ctx, active, standby, &tables[i], was, caughtUp, each) {
			again = append(again, i)
		}
	}
	return again
}

// settle judges one table, and reports whether another try may say more.
func (d *Databases) settle(ctx context.Context, active, standby string, t *Table, was string, caughtUp bool, each time.Duration) bool {
	there, err := checksum(ctx, d.DB[standby], t.Name, each)
	if err != nil {
		t.State, t.Why = NotCompared, whyNot(ctx, err)
		return false
	}
	is, err := checksum(ctx, d.DB[active], t.Name, each)
	if err != nil {
		t.State, t.Why = NotCompared, whyNot(ctx, err)
		return false
	}
	t.Active, t.Standby, t.Why = is, there, ""
	switch {
	case there == was || there == is:
		t.Active, t.State = there, Equal
		return false
	case was != is:
		t.State, t.Why = NotCompared, WrittenNow
	case !caughtUp:
		t.State, t.Why = NotCompared, "the standby is behind"
	default:
		t.State = Differs
	}
	return true
}

// listTables returns the tables that the account sees, with their sizes.
func listTables(ctx context.Context, db *sql.DB) (map[string]uint64, error) {
	rows, err := db.QueryContext(ctx, "SELECT table_schema, table_name, COALESCE(data_length + index_length, 0) FROM information_schema.tables"+
		" WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema', ?)", replication.Schema)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer func() { _ = rows.Close() }() // Rows.Err says what was wrong.
	out := map[string]uint64{}
	for rows.Next() {
		var schema, name string
		var size uint64
		if err := rows.Scan(&schema, &name, &size); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		out[schema+"."+name] = size
	}
	return out, rows.Err()
}

// checksum asks for a table's checksum. A schema whose name has a dot is not
// found, which is an error and no equality.
func checksum(ctx context.Context, db *sql.DB, name string, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New(NoTime))
	defer cancel()
	schema, table, _ := strings.Cut(name, ".")
	var of string
	var sum sql.NullString
	if err := db.QueryRowContext(ctx, "CHECKSUM TABLE "+quote(schema)+"."+quote(table)).Scan(&of, &sum); err != nil {
		return "", err
	}
	if !sum.Valid {
		return "", errors.New("it has none")
	}
	return sum.String, nil
}

// quote writes an identifier as SQL takes it.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// whyNot names an error of a server without its text, which may hold anything.
func whyNot(ctx context.Context, err error) string {
	number := errno(err)
	switch {
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		return NoTime
	case number == 1142, number == 1143, number == 1044: // ER_TABLEACCESS_DENIED_ERROR and its kin
		return NotAllowed
	case number != 0:
		return fmt.Sprintf("error %d", number)
	}
	return "no answer"
}

// errno finds the server's number in an error, which the driver prints first:
// "Error 1142 (42000): …". Zero: there is none.
func errno(err error) int {
	for err != nil {
		next := errors.Unwrap(err)
		if next == nil {
			break
		}
		err = next
	}
	var number int
	if _, bad := fmt.Sscanf(fmt.Sprint(err), "Error %d", &number); bad != nil {
		return 0
	}
	return number
}

func merged(a, b map[string]uint64) map[string]uint64 {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
