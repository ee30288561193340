package notify

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"jembatan/failover"
	"jembatan/tunnel"
)

// Times and limits of an outbox.
const (
	firstPause = time.Second      // after the first failure; doubled with each further one
	lastPause  = 5 * time.Minute  // and no longer than this
	maxAge     = 24 * time.Hour   // then an alert is given up
	window     = 5 * time.Minute  // in which the same is not said twice
	usualLimit = 1000             // alerts that wait
	diskPause  = 15 * time.Second // after the disk has failed
)

// Options are what an Outbox is made from.
type Options struct {
	// Dir is where alerts wait; it is made if need be, and held by one Outbox at a
	// time. Empty keeps them in memory alone.
	Dir      string
	Channels []Channel
	Language tunnel.Language
	Local    *time.Location // for times in mail; nil is UTC alone
	// Sites says where the servers stand. While one has failed, routes at its site
	// are tried last.
	Sites map[ServerName]string
	// Due reports whether the heartbeat goes out in the minute of t; nil for never.
	Due func(t time.Time) bool
	// Told is handed every outcome, one at a time; it may take its time. Nil for
	// nobody.
	Told func(Outcome)
	// Limit is how many alerts may wait; 0 is 1000. Beyond it the oldest of the
	// least severity are dropped.
	Limit int
}

// A ServerName names a server of a service.
type ServerName struct{ Service, Server string }

// An Outbox keeps alerts until everybody has them. Make it with Open, start it
// with Run, Close it. It is safe for concurrent use.
type Outbox struct {
	opts Options
	disk *disk // used by Open, Close and the keeper alone

	mu      sync.Mutex // guards all below; never held over I/O or a callback
	entries []*entry   // that wait or are remembered, in the order of Enqueue
	ids     map[string]bool
	waiting int // entries that are not done
	seq     uint64
	said    map[said]*utterance
	latest  map[string]said // by service: what was said last
	ailing  map[ServerName]bool
	lanes   []*lane
	lost    int           // dropped since the last entry was made
	sick    time.Time     // until then the disk is only tried for new entries
	news    []Outcome     // for Told
	changed chan struct{} // closed and replaced when anything above changed
}

// Open reads what waits in the directory. It fails when the directory cannot be
// used, or another Outbox holds it.
func Open(opts Options) (*Outbox, error) {
	opts.Limit = cmp.Or(opts.Limit, usualLimit)
	o := &Outbox{
		opts: opts, ids: map[string]bool{}, said: map[said]*utterance{}, latest: map[string]said{}, ailing: map[ServerName]bool{}, changed: make(chan struct{}),
	}
	for i := range opts.Channels {
		for _, to := range opts.Channels[i].To {
			o.lanes = append(o.lanes, &lane{channel: &opts.Channels[i], to: to})
		}
	}
	if opts.Dir == "" {
		return o, nil
	}
	d, err := openDisk(opts.Dir)
	if err != nil {
		return nil, err
	}
	o.disk = d
	if err := o.load(); err != nil {
		return nil, cmp.Or(d.close(), err)
	}
	return o, nil
}

// Close lets go of the directory. Call it after Run has returned, if it ran.
func (o *Outbox) Close() error {
	if o.disk == nil {
		return nil
	}
	return o.disk.close()
}

// Notify is Enqueue for an action of a machine; it is what a runner calls.
func (o *Outbox) Notify(a failover.Action, at time.Time) { o.Enqueue(FromAction(a, at)) }

// Enqueue takes an alert, unless the same was said less than five minutes ago. It
// returns at once and never fails; what it could not keep is told to Told.
func (o *Outbox) Enqueue(a Alert) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.admit(a, time.Now())
	o.wake()
}

// Waiting returns how many alerts have not reached everybody yet.
func (o *Outbox) Waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.waiting
}

// Run delivers until ctx ends, and returns nil then. It owns the goroutines that
// it starts: when Run returns they are gone. Run it once.
func (o *Outbox) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, l := range o.lanes {
		wg.Go(func() { o.serve(ctx, l) })
	}
	if o.opts.Due != nil {
		wg.Go(func() { o.beat(ctx) })
	}
	// What the lanes do last is still kept, and what that brings is still told.
	keeper := begin(ctx, o.keep)
	teller := begin(ctx, o.tell)
	wg.Wait()
	keeper()
	teller()
	return nil
}

// begin runs a task that outlives ctx until the returned function is called,
// which ends its own context and waits for it.
func begin(ctx context.Context, task func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { defer close(done); task(ctx) }()
	return func() { cancel(); <-done }
}

// wake tells everybody who waits that something changed. o.mu is held.
func (o *Outbox) wake() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// report queues an outcome for Told. o.mu is held.
func (o *Outbox) report(out Outcome) {
	const most = 10000 // if Told hangs, the oldest are forgotten
	if o.opts.Told == nil {
		return
	}
	if len(o.news) >= most {
		o.news = slices.Delete(o.news, 0, most/10)
	}
	o.news = append(o.news, out)
}

// tell hands outcomes to Told until ctx ends and none is left.
func (o *Outbox) tell(ctx context.Context) {
	for {
		o.mu.Lock()
		news, changed := o.news, o.changed
		o.news = nil
		o.mu.Unlock()
		for _, out := range news {
			o.opts.Told(out)
		}
		if len(news) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			o.mu.Lock()
			left := len(o.news)
			o.mu.Unlock()
			if left == 0 {
				return
			}
		}
	}
}

// beat sends the heartbeat in the minutes that are due.
func (o *Outbox) beat(ctx context.Context) {
	for {
		next := time.Now().Truncate(time.Minute).Add(time.Minute)
		select {
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return
		}
		if o.opts.Due(next) {
			o.Enqueue(NewTest(Heartbeat, next))
		}
	}
}
