package replication

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// parseLink reads one row of the status statement by column names. MySQL before
// 8.0.22 and all of MariaDB say Slave and Master, later MySQL Replica and Source.
func parseLink(engine tunnel.DatabaseEngine, row Row, raw Raw) Link {
	l := Link{
		Channel: first(row, "Connection_name", "Channel_Name"),
		Host:    first(row, "Master_Host", "Source_Host"),
		IO:      parseThread(first(row, "Slave_IO_Running", "Replica_IO_Running")),
		SQL:     parseThread(first(row, "Slave_SQL_Running", "Replica_SQL_Running")),
		IOErrno: errno(row, "Last_IO_Errno"), SQLErrno: errno(row, "Last_SQL_Errno"),
		IOError: clip(row["Last_IO_Error"]), SQLError: clip(row["Last_SQL_Error"]),
		Delay: notZero(row, "SQL_Delay"), Skip: notZero(row, "Skip_Counter"),
		Filters:       filters(row),
		SecondsBehind: first(row, "Seconds_Behind_Master", "Seconds_Behind_Source"),
	}
	if n, ok := row.number("Master_Port", "Source_Port"); ok && n <= math.MaxUint16 {
		l.Port = uint16(n)
	}
	if n, ok := row.number("Master_Server_Id", "Source_Server_Id"); ok && n <= math.MaxUint32 {
		l.Source.ID = uint32(n)
	}
	if until, ok := row.get("Until_Condition"); ok {
		l.Until = flagOf(until != "None")
	}
	if engine == tunnel.MariaDB {
		l.mariadb(row)
	} else {
		l.mysql(row, raw)
	}
	if !has(row, "Last_IO_Errno") || !has(row, "Last_SQL_Errno") {
		l.gap("Last_IO_Errno, Last_SQL_Errno")
	}
	if l.ReceivedKnown != Yes {
		l.gap("Gtid_IO_Pos or Retrieved_Gtid_Set")
	}
	return l
}

func (l *Link) gap(name string) { l.Gaps = append(l.Gaps, name) }

func (l *Link) mariadb(row Row) {
	if using, ok := row.get("Using_Gtid"); ok {
		l.Auto = flagOf(using == "Slave_Pos")
	}
	if text, ok := row.get("Gtid_IO_Pos"); ok {
		position, err := gtid.ParsePosition(text)
		l.Received = position
		l.ReceivedKnown = flagOf(err == nil)
	}
	if n, ok := row.number("Slave_received_heartbeats"); ok {
		l.Heartbeats, l.HeartbeatsKnown = n, Yes
	}
	l.HeartbeatPeriod = seconds(row["Slave_heartbeat_period"])
}

func (l *Link) mysql(row Row, raw Raw) {
	l.Source.UUID = strings.ToLower(first(row, "Source_UUID", "Master_UUID"))
	if auto, ok := row.get("Auto_Position"); ok {
		l.Auto = flagOf(auto == "1")
	}
	if text, ok := row.get("Retrieved_Gtid_Set"); ok {
		set, err := gtid.ParseMySQL(text)
		l.ReceivedSet = set
		l.ReceivedKnown = flagOf(err == nil)
	}
	for _, c := range raw.Connections {
		if c["CHANNEL_NAME"] != l.Channel {
			continue
		}
		if n, ok := c.number("COUNT_RECEIVED_HEARTBEATS"); ok {
			l.Heartbeats, l.HeartbeatsKnown = n, Yes
		}
		l.HeartbeatPeriod = seconds(c["HEARTBEAT_INTERVAL"])
		if parseThread(c["SERVICE_STATE"]) != Running && l.IO == Running {
			l.IO = parseThread(c["SERVICE_STATE"])
		}
	}
	for _, w := range raw.Workers {
		if w["CHANNEL_NAME"] != l.Channel {
			continue
		}
		if n := errno(w, "LAST_ERROR_NUMBER"); n != 0 && l.SQLErrno == 0 {
			l.SQLErrno = n
		}
		if state, ok := w["SERVICE_STATE"]; ok && parseThread(state) != Running && l.SQL == Running {
			l.SQL = parseThread(state)
		}
	}
}

// parseThread reads Yes, No, Connecting of the status statement and ON, OFF,
// CONNECTING of the Performance Schema.
func parseThread(text string) Thread {
	switch strings.ToUpper(text) {
	case "YES", "ON":
		return Running
	case "CONNECTING", "PREPARING": // MariaDB prints Preparing before the first attempt
		return Connecting
	case "NO", "OFF":
		return Stopped
	}
	return ThreadUnknown
}

// filters joins every Replicate_* column that is set, but for the list of
// databases of RESET defaults: an empty column filters nothing.
func filters(row Row) string {
	var set []string
	for name, v := range row {
		if strings.HasPrefix(name, "Replicate_") && v != "" && v != "0" {
			set = append(set, name+"="+v)
		}
	}
	slices.Sort(set)
	return strings.Join(set, " ")
}

func errno(row Row, name string) uint16 {
	n, ok := row.number(name)
	if !ok || n > math.MaxUint16 {
		return 0 // Gaps says that it was not there
	}
	return uint16(n)
}

func notZero(row Row, name string) Flag {
	n, ok := row.number(name)
	if !ok {
		return FlagUnknown
	}
	return flagOf(n != 0)
}

func seconds(text string) time.Duration {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f > 0) || f > 1e6 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

func first(row Row, names ...string) string {
	v, _ := row.get(names...)
	return v
}

func has(row Row, name string) bool {
	_, ok := row[name]
	return ok
}

// clip shortens a server's text; it may quote the row that it failed on.
func clip(text string) string {
	const shown = 300
	if len(text) > shown {
		return text[:shown] + "…"
	}
	return text
}
