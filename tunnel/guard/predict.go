package guard

import (
	"context"
	"errors"
	"fmt"

	"jembatan/routeros"
)

// menuDeviceMode says what the device allows; releases before 7 lack it.
const menuDeviceMode = "/system/device-mode"

// Predict says by what Arm would guard a router, and why not by better kinds,
// from what can be read: nothing is tried. A *RefusedError and a *HeldError are
// as from Arm.
func Predict(ctx context.Context, c routeros.Caller, j *Job, o *Options) (k Kind, passed []string, err error) {
	held, ours, user, err := safeModeState(ctx, c)
	hasSafeMode := err == nil
	switch {
	case err != nil && !errors.Is(err, routeros.ErrNoCommand):
		return KindUnknown, nil, err
	case held && !ours:
		return KindUnknown, nil, &HeldError{Router: j.Router, User: user}
	}
	forbidden := ""
	rows, err := routeros.Print(ctx, c, menuDeviceMode, []string{"mode", "scheduler"})
	if err == nil && len(rows) == 1 {
		if v, _ := rows[0].Get("scheduler"); v == "false" || v == "no" {
			mode, _ := rows[0].Get("mode")
			forbidden = fmt.Sprintf("the device-mode %s does not allow it", mode)
		}
	} else if err != nil && !errors.Is(err, routeros.ErrNoCommand) {
		return KindUnknown, nil, err
	}
	for _, k := range append(j.Order(), Unguarded) {
		if !o.allows(k) {
			continue
		}
		why := j.Cannot(k)
		switch {
		case why != "":
		case k == SafeMode && !hasSafeMode:
			why = "this release has none over the API"
		case k == Scheduler:
			why = forbidden
		}
		if why == "" {
			return k, passed, nil
		}
		passed = append(passed, k.String()+": "+why)
	}
	return KindUnknown, passed, &RefusedError{Router: j.Router, Why: passed}
}
