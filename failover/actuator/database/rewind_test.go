package database

import (
	"testing"

	"jembatan/health/replication/gtid"
)

func TestRewound(t *testing.T) {
	for _, c := range []struct{ position, log, want string }{
		{"10-1-216", "10-1-215", "10-1-215"},                      // the end of the log was taken out
		{"10-1-216,11-1-4", "10-1-215,11-1-4", "10-1-215,11-1-4"}, // each domain for itself
		{"10-1-51", "10-1-20,10-2-50", "10-2-50"},                 // all that it wrote since it was opened
		{"10-1-215", "10-1-215", ""},                              // as it should be
		{"10-1-214", "10-1-215", ""},                              // its own have not come back yet
		{"10-2-300", "10-1-215", ""},                              // of another server: restored from a copy
		{"10-1-216", "", ""},                                      // the same, with an empty log
		{"", "10-1-215", ""},
	} {
		applied, err := gtid.ParsePosition(c.position)
		if err != nil {
			t.Fatal(err)
		}
		log, err := gtid.ParseMariaDB(c.log)
		if err != nil {
			t.Fatal(err)
		}
		to, back := rewound(applied, log, 1)
		if back != (c.want != "") || back && to.String() != c.want {
			t.Errorf("%s with %s in the log: %s, %t; want %q", c.position, c.log, to, back, c.want)
		}
	}
}
