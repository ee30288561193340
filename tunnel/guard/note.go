package guard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"jembatan/routeros"
)

// A Note is what the comment of one of our scheduler entries says, for people
// and for whoever finds it when its maker is gone.
type Note struct {
	ID      string
	Holder  string
	Until   time.Time // when it fires, by the maker's clock
	Part    int       // of Parts, from 1
	Parts   int
	Routers int  // that the change has
	Confirm bool // it waits for a person
}

// String is the comment.
func (n Note) String() string {
	waits := "guards"
	if n.Confirm {
		waits = "confirms"
	}
	return fmt.Sprintf("%s%s %s %s until %s part %d of %d on %d routers", Mark, n.ID, waits, n.Holder,
		n.Until.UTC().Format(time.RFC3339), n.Part, n.Parts, n.Routers)
}

// ParseNote reads a comment; ok is false when it is none of ours.
func ParseNote(comment string) (n Note, ok bool) {
	rest, ours := strings.CutPrefix(comment, Mark)
	if !ours {
		return Note{}, false
	}
	var waits, until string
	if _, err := fmt.Sscanf(rest, "%s %s %s until %s part %d of %d on %d routers",
		&n.ID, &waits, &n.Holder, &until, &n.Part, &n.Parts, &n.Routers); err != nil {
		n.ID, _, _ = strings.Cut(rest, " ")
		return n, n.ID != "" // Somebody has edited it; it is still ours.
	}
	n.Confirm = waits == "confirms"
	n.Until, _ = time.Parse(time.RFC3339, until) // Zero when it is no time.
	return n, true
}

// A Leftover is one of our scheduler entries on a router.
type Leftover struct {
	Router, RowID, Name string
	Note                Note
}

// Read is what a list call of the scheduler must ask for to find our entries.
func Read() (menu string, proplist []string) {
	return menuScheduler, []string{".id", "name", "comment"}
}

// Leftovers returns our entries among rows of the scheduler, as Read lists them.
func Leftovers(router string, rows []map[string]string) []Leftover {
	var out []Leftover
	for _, row := range rows {
		if n, ok := ParseNote(row["comment"]); ok {
			out = append(out, Leftover{Router: router, RowID: row[".id"], Name: row["name"], Note: n})
		}
	}
	return out
}

// Menu is where our entries live.
const Menu = menuScheduler

// Find lists our entries on a router.
func Find(ctx context.Context, c routeros.Caller, router string) ([]Leftover, error) {
	menu, proplist := Read()
	rows, err := routeros.Print(ctx, c, menu, proplist)
	if err != nil {
		return nil, err
	}
	all := make([]map[string]string, len(rows))
	for i, r := range rows {
		all[i] = r.Map()
	}
	return Leftovers(router, all), nil
}
