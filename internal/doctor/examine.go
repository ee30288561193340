package doctor

import (
	"context"
	"sync"
	"time"

	"jembatan/routeros"
)

// Menus that are read.
const (
	menuResource   = "/system/resource"
	menuLicense    = "/system/license"
	menuDeviceMode = "/system/device-mode"
	menuClock      = "/system/clock"
	menuUser       = "/user"
	menuGroup      = "/user/group"
	menuActive     = "/user/active"
	menuService    = "/ip/service"
	menuAddress    = "/ip/address"
	menuInterface  = "/interface"
	menuSafeMode   = "/safe-mode"
)

// reads are the menus and the properties that are asked for.
func reads() map[string][]string {
	return map[string][]string{
		menuResource:   {"version", "board-name"},
		menuLicense:    {"level", "nlevel"},
		menuDeviceMode: {"mode", "scheduler", "flagged"},
		menuClock:      {"date", "time", "gmt-offset"},
		menuUser:       {"name", "group", "address"},
		menuGroup:      {"name", "policy"},
		menuActive:     {"name", "via"},
		menuService:    {"name", "disabled", "max-sessions", "dynamic"},
		menuAddress:    {"address", "interface", "disabled"},
		menuInterface:  {"name", "type", "running"},
		menuSafeMode:   {"enabled", "user"},
	}
}

// Examine reads everything that Diagnose wants to know, all menus at once.
// connectErr is why there is no connection; c is then not used.
func Examine(ctx context.Context, c routeros.Caller, connectErr error) Facts {
	f := Facts{Err: connectErr, Rows: map[string][]map[string]string{}, Errs: map[string]error{}}
	if connectErr != nil {
		return f
	}
	var mu sync.Mutex // guards f
	var wg sync.WaitGroup
	for menu, proplist := range reads() {
		wg.Go(func() {
			rows, err := routeros.Print(ctx, c, menu, proplist)
			at := time.Now()
			mu.Lock()
			defer mu.Unlock()
			if menu == menuClock {
				f.At = at
			}
			if err != nil {
				f.Errs[menu] = err
				return
			}
			f.Rows[menu] = make([]map[string]string, len(rows))
			for i, row := range rows {
				f.Rows[menu][i] = row.Map()
			}
		})
	}
	wg.Wait()
	return f
}
