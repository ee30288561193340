package runner

import "context"

// Freeze has the runner stand still and returns how things are. Nothing begins and
// nothing is taken in, what is under way goes on, and what others hand to the runner
// waits, until thaw is called or Run ends. It is for moments: a decision about a
// service that must not be overtaken by one of its own. thaw may be called once more.
func (r *Runner) Freeze(ctx context.Context) (s Status, thaw func(), err error) {
	seen := make(chan Status, 1)
	frozen, end := context.WithCancel(context.WithoutCancel(ctx))
	ok := r.tell(ctx, func(l *loop) {
		if frozen.Err() != nil {
			return // Nobody waits any more.
		}
		seen <- l.status()
		select {
		case <-frozen.Done():
		case <-l.life:
		}
	})
	if !ok {
		end()
		return Status{}, func() {}, cmpErr(context.Cause(ctx))
	}
	select {
	case s := <-seen:
		return s, end, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-r.done:
		err = ErrEnded
	}
	end()
	return Status{}, func() {}, err
}
