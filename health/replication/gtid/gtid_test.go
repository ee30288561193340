package gtid_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jembatan/health/replication/gtid"
)

// model is the second implementation: every number by itself.
type model map[string]bool

func modelOf(s gtid.Set) model {
	m := model{}
	for _, o := range s.Origins() {
		for _, r := range s.Runs(o) {
			for n := r.First; n <= r.Last; n++ {
				m[fmt.Sprint(o, "/", n)] = true
			}
		}
	}
	return m
}

func (m model) equal(n model) bool {
	if len(m) != len(n) {
		return false
	}
	for k := range m {
		if !n[k] {
			return false
		}
	}
	return true
}

// drawMySQL writes a set in a random form of the grammar.
func drawMySQL(t *rapid.T, label string) string {
	uuid := rapid.SampledFrom([]string{
		"3E11FA47-71CA-11E1-9E33-C80AA9429562", "3e11fa47-71ca-11e1-9e33-c80aa9429562", "8f1ab9d0-0000-11ee-8000-0242ac110002",
	})
	var parts []string
	for range rapid.IntRange(0, 4).Draw(t, label+" parts") {
		part := uuid.Draw(t, "uuid")
		for range rapid.IntRange(0, 4).Draw(t, "runs") {
			part += rapid.SampledFrom([]string{":", " : "}).Draw(t, "colon")
			if rapid.IntRange(0, 4).Draw(t, "tag") == 0 {
				part += rapid.SampledFrom([]string{"mig", "_a1"}).Draw(t, "name") + ":"
			}
			first := rapid.Uint64Range(1, 40).Draw(t, "first")
			part += fmt.Sprint(first)
			if rapid.Bool().Draw(t, "two") {
				part += fmt.Sprint("-", first+rapid.Uint64Range(0, 9).Draw(t, "more"))
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, rapid.SampledFrom([]string{",", ",\n", " , "}).Draw(t, "comma"))
}

func drawMariaDB(t *rapid.T, label string) string {
	var parts []string
	for range rapid.IntRange(0, 5).Draw(t, label) {
		parts = append(parts, fmt.Sprintf("%d-%d-%d", rapid.Uint32Range(0, 2).Draw(t, "domain"),
			rapid.Uint32Range(1, 3).Draw(t, "server"), rapid.Uint64Range(1, 30).Draw(t, "sequence")))
	}
	return strings.Join(parts, ",")
}

func drawPair(t *rapid.T) (a, b gtid.Set) {
	parse, draw := gtid.ParseMySQL, drawMySQL
	if rapid.Bool().Draw(t, "mariadb") {
		parse, draw = gtid.ParseMariaDB, drawMariaDB
	}
	var sets [2]gtid.Set
	for i := range sets {
		s, err := parse(draw(t, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		sets[i] = s
	}
	return sets[0], sets[1]
}

func TestArithmeticAgreesWithOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPair(t)
		ma, mb := modelOf(a), modelOf(b)
		minus, plus := model{}, model{}
		for k := range ma {
			plus[k] = true
			if !mb[k] {
				minus[k] = true
			}
		}
		for k := range mb {
			plus[k] = true
		}
		if got := modelOf(a.Minus(b)); !got.equal(minus) {
			t.Fatalf("%v minus %v = %v", a, b, a.Minus(b))
		}
		if got := modelOf(a.Plus(b)); !got.equal(plus) {
			t.Fatalf("%v plus %v = %v", a, b, a.Plus(b))
		}
		if got := a.Contains(b); got != (len(plus) == len(ma)) {
			t.Fatalf("%v contains %v: %v", a, b, got)
		}
		if a.Count() != uint64(len(ma)) {
			t.Fatalf("count of %v = %d, want %d", a, a.Count(), len(ma))
		}
		if a.Equal(b) != ma.equal(mb) {
			t.Fatalf("%v equal %v: %v", a, b, a.Equal(b))
		}
		if got := gtid.Behind(b, a); got > uint64(len(minus)) || (got == 0) != (len(minus) == 0) {
			t.Fatalf("%v behind %v by %d, one by one %d", b, a, got, len(minus))
		}
	})
}

func TestTextOfAMySQLSetIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, err := gtid.ParseMySQL(drawMySQL(t, "set"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := gtid.ParseMySQL(a.String())
		if err != nil || !again.Equal(a) {
			t.Fatalf("%v became %v, %v", a, again, err)
		}
	})
}

// TestTextOfAnySetIsItself holds for differences of both families, which a
// journal keeps.
func TestTextOfAnySetIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPair(t)
		text, err := a.Minus(b).MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var again gtid.Set
		if err := again.UnmarshalText(text); err != nil || !again.Equal(a.Minus(b)) {
			t.Fatalf("%s became %v, %v", text, again, err)
		}
	})
}

// TestMissingInOneDomain has the numbers of a role change: the sequence of a
// domain is shared, so origin by origin too many would be counted.
func TestMissingInOneDomain(t *testing.T) {
	for _, c := range []struct {
		behind, ahead string
		want          uint64
	}{
		{"10-1-7,10-2-8", "10-2-8,10-1-9", 1},
		{"10-1-7", "10-1-7,10-2-9", 2},
		{"10-1-14,10-2-15", "10-2-13,10-1-16", 2}, // the fork of a returned server
		{"10-1-9", "10-1-9", 0},
		{"1-1-5,2-2-5", "1-1-6,2-2-8", 4},
		{"", "10-1-3", 3},
	} {
		b, err1 := gtid.ParseMariaDB(c.behind)
		a, err2 := gtid.ParseMariaDB(c.ahead)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := gtid.Behind(b, a); got != c.want {
			t.Errorf("%q behind %q by %d, want %d", c.behind, c.ahead, got, c.want)
		}
	}
}

func TestBadText(t *testing.T) {
	for _, text := range []string{"1-2", "1-0-3", "1-2-0", "1-2-x", "4294967296-1-1", "1-2-3-4"} {
		if s, err := gtid.ParseMariaDB(text); err == nil {
			t.Errorf("%q is %v", text, s)
		}
	}
	const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
	for _, text := range []string{"x", uuid[1:] + ":1", uuid + ":0", uuid + ":3-2", uuid + ":1-", uuid + ":9223372036854775807", uuid + ":1tag:2"} {
		if s, err := gtid.ParseMySQL(text); err == nil {
			t.Errorf("%q is %v", text, s)
		}
	}
}

func FuzzSets(f *testing.F) {
	f.Add("10-2-8,10-1-9", "10-1-7")
	f.Add("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-7:9", "3e11fa47-71ca-11e1-9e33-c80aa9429562:tag:1-3")
	f.Fuzz(func(t *testing.T, x, y string) {
		for _, parse := range []func(string) (gtid.Set, error){gtid.ParseMariaDB, gtid.ParseMySQL} {
			a, err1 := parse(x)
			b, err2 := parse(y)
			if err1 != nil || err2 != nil {
				continue
			}
			missing := a.Minus(b)
			if !a.Contains(missing) || !b.Plus(missing).Contains(a) || !b.Plus(missing).Minus(a).Equal(b.Minus(a)) {
				t.Fatalf("%v minus %v is %v", a, b, missing)
			}
			var again gtid.Set
			if err := again.UnmarshalText([]byte(missing.String())); err != nil || !again.Equal(missing) {
				t.Fatalf("%v became %v, %v", missing, again, err)
			}
			if !missing.Minus(b).Equal(missing) {
				t.Fatalf("%v and %v share something", missing, b)
			}
			if (gtid.Behind(b, a) == 0) != missing.Empty() {
				t.Fatalf("%v behind %v by %d", b, a, gtid.Behind(b, a))
			}
		}
	})
}
