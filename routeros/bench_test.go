package routeros_test

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"

	client "github.com/go-routeros/routeros/v3"

	"jembatan/routeros"
	"jembatan/routeros/proto"
)

var figures = flag.Bool("figures", false, "measure what the package promises and print it")

// cannedRows returns the bodies of n EoIP rows: a !re sentence without its
// first word, its tag and its end.
func cannedRows(n int) [][]byte {
	rows := make([][]byte, n)
	for i := range rows {
		for _, w := range []string{
			fmt.Sprintf("=.id=*%X", i+1), fmt.Sprintf("=name=eoip-%04d", i), "=mtu=1500", "=actual-mtu=1500", "=l2mtu=65535",
			fmt.Sprintf("=mac-address=00:00:5E:80:%02X:%02X", i>>8, i&0xFF), "=arp=enabled", "=arp-timeout=auto",
			"=loop-protect=default", "=loop-protect-status=off", "=loop-protect-send-interval=5s", "=loop-protect-disable-time=5m",
			"=local-address=198.51.100.1", fmt.Sprintf("=remote-address=203.0.%d.%d", i>>8, i&0xFF), "=tunnel-id=" + strconv.Itoa(i),
			"=keepalive=10s,10", "=dscp=inherit", "=clamp-tcp-mss=true", "=dont-fragment=no", "=allow-fast-path=true",
			"=running=true", "=disabled=false", "=comment=jembatan:servers/eoip-" + strconv.Itoa(i),
		} {
			rows[i] = append(proto.AppendLength(rows[i], len(w)), w...)
		}
	}
	return rows
}

// serveCanned takes any login and answers every print with rows, anything else
// with a bare !done. It allocates next to nothing, so that what is measured
// beside it is the client.
func serveCanned(conn net.Conn, rows [][]byte) {
	defer conn.Close()
	r := proto.NewReader(conn, proto.Limits{})
	var (
		s   proto.Sentence
		out []byte
		tag []byte
	)
	for r.Read(&s) == nil {
		tag = tag[:0]
		for i := 1; i < s.Len(); i++ {
			if w := s.Word(i); bytes.HasPrefix(w, []byte(".tag=")) {
				tag = append(proto.AppendLength(tag, len(w)), w...)
			}
		}
		out = out[:0]
		if bytes.HasSuffix(s.Word(0), []byte("/print")) {
			for _, row := range rows {
				out = append(out, "\x03!re"...)
				out = append(append(append(out, row...), tag...), 0)
			}
		}
		out = append(append(append(out, "\x05!done"...), tag...), 0)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// listenCanned serves canned rows on a loopback port.
func listenCanned(tb testing.TB, rows [][]byte) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { serveCanned(conn, rows) })
		}
	})
	tb.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

const printed = 1000 // rows

func BenchmarkPrint1000(b *testing.B) {
	addr := listenCanned(b, cannedRows(printed))
	b.Run("session", func(b *testing.B) { benchSession(b, addr) })
	b.Run("typed", func(b *testing.B) { benchTyped(b, addr) })
	b.Run("go-routeros", func(b *testing.B) { benchGoRouteros(b, addr) })
}

func benchSession(b *testing.B, addr string) {
	s, err := routeros.Dial(b.Context(), addr, routeros.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		rows, err := routeros.Print(b.Context(), s, "/interface/eoip", nil)
		if err != nil || len(rows) != printed {
			b.Fatal(len(rows), err)
		}
	}
}

func benchTyped(b *testing.B, addr string) {
	s, err := routeros.Dial(b.Context(), addr, routeros.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		rows, err := routeros.List[routeros.EoIP](b.Context(), s)
		if err != nil || len(rows) != printed {
			b.Fatal(len(rows), err)
		}
	}
}

func benchGoRouteros(b *testing.B, addr string) {
	c, err := client.Dial(addr, "", "")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	c.SetLogHandler(slog.DiscardHandler)
	b.ReportAllocs()
	for b.Loop() {
		reply, err := c.Run("/interface/eoip/print")
		if err != nil || len(reply.Re) != printed {
			b.Fatal(err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	addr := listenCanned(b, cannedRows(1))
	s, err := routeros.Dial(b.Context(), addr, routeros.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := routeros.Print(b.Context(), s, "/interface/eoip", []string{"name"}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// The promises about cost, against go-routeros v3.0.1 on the same device in
// the same run. Run with -figures; ratios hold on any machine.
func TestFigures(t *testing.T) {
	if !*figures {
		t.Skip("measures only with -figures")
	}
	t.Run("print", func(t *testing.T) {
		addr := listenCanned(t, cannedRows(printed))
		ours := testing.Benchmark(func(b *testing.B) { benchSession(b, addr) })
		typed := testing.Benchmark(func(b *testing.B) { benchTyped(b, addr) })
		theirs := testing.Benchmark(func(b *testing.B) { benchGoRouteros(b, addr) })
		for _, r := range []struct {
			name string
			res  testing.BenchmarkResult
		}{{"session", ours}, {"typed", typed}, {"go-routeros", theirs}} {
			t.Logf("print of %d EoIP rows, %-11s %9.3f ms %8d allocations %9d bytes (%.1f allocations a row)", printed, r.name,
				float64(r.res.NsPerOp())/1e6, r.res.AllocsPerOp(), r.res.AllocedBytesPerOp(), float64(r.res.AllocsPerOp())/printed)
		}
		timeRatio := float64(ours.NsPerOp()) / float64(theirs.NsPerOp())
		allocRatio := float64(ours.AllocsPerOp()) / float64(theirs.AllocsPerOp())
		t.Logf("ratio of time        1/%.0f (promised: 1/10 at most)", 1/timeRatio)
		t.Logf("ratio of allocations 1/%.0f (promised: 1/8 at most)", 1/allocRatio)
		if timeRatio > 1.0/10 || allocRatio > 1.0/8 {
			t.Error("a promise is not kept")
		}
	})
	t.Run("idle", func(t *testing.T) {
		plain, secure, pin := startPeer(t)
		idleFigure(t, 1000, plain, nil)
		idleFigure(t, 10000, plain, nil)
		idleFigure(t, 2000, secure, &routeros.TLSOptions{Fingerprint: pin})
	})
}

// The promise of the figures that need no clock holds in every run.
func TestPrintTakesFewAllocations(t *testing.T) {
	addr := listenCanned(t, cannedRows(printed))
	s, err := routeros.Dial(t.Context(), addr, routeros.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := testing.AllocsPerRun(5, func() {
		if rows, err := routeros.Print(t.Context(), s, "/interface/eoip", nil); err != nil || len(rows) != printed {
			t.Error(len(rows), err)
		}
	})
	const promised = 4 // a row
	if got > promised*printed {
		t.Errorf("%v allocations for %d rows", got, printed)
	}
}

// idleFigure opens n sessions to a device in another process and prints what
// each costs this one.
func idleFigure(t *testing.T, n int, addr string, secure *routeros.TLSOptions) {
	t.Helper()
	const promised = 40 << 10
	before := measure()
	sessions := make([]*routeros.Session, n)
	for i := range sessions {
		s, err := routeros.Dial(t.Context(), addr, routeros.Options{User: "admin", Password: "x", TLS: secure})
		if err != nil {
			t.Fatal(i, err)
		}
		if _, err := routeros.Print(t.Context(), s, "/system/identity", []string{"name"}); err != nil {
			t.Fatal(i, err)
		}
		sessions[i] = s
	}
	after := measure()
	heap, rss := (after.heap-before.heap)/n, (after.rss-before.rss)/n
	t.Logf("%5d idle sessions, TLS %v: %.1f KiB of heap and stack each, %.1f KiB of resident memory each (promised: 40 at most)",
		n, secure != nil, float64(heap)/1024, float64(rss)/1024)
	if heap > promised || rss > promised {
		t.Error("a promise is not kept")
	}
	for _, s := range sessions {
		s.Close()
	}
	clear(sessions)
	debug.FreeOSMemory() // The next figure starts from little.
}

// A memory is what the process holds, in bytes.
type memory struct{ heap, rss int }

func measure() memory {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	rss := 0
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(b)); len(f) > 1 {
			pages, _ := strconv.Atoi(f[1])
			rss = pages * os.Getpagesize()
		}
	}
	return memory{heap: int(m.HeapInuse + m.StackInuse), rss: rss}
}
