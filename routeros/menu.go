package routeros

import (
	"context"
	"fmt"
	"strings"
)

// Print returns the rows of menu ("/interface/eoip"), of each the properties
// in proplist. ".id" need not be asked for, but is clearer if it is. An empty
// proplist asks for everything, which is slow on a device; avoid it. Query are
// query words, all of which a row must satisfy unless they say otherwise:
// "?name=eoip1".
func Print(ctx context.Context, c Caller, menu string, proplist []string, query ...string) ([]Row, error) {
	req := Request{Path: menu + "/print", Query: query}
	if len(proplist) > 0 {
		req.Fields = Fields{{Name: ".proplist", Value: strings.Join(proplist, ",")}}
	}
	reply, err := c.Call(ctx, req)
	if err != nil {
		return nil, err
	}
	return reply.Rows, nil
}

// Create adds a row to menu and returns its id. It is sent once, whatever
// happens: see Ensure for an add that may meet a broken connection.
func Create(ctx context.Context, c Caller, menu string, fields Fields) (id string, err error) {
	reply, err := c.Call(ctx, Request{Path: menu + "/add", Fields: fields})
	if err != nil {
		return "", err
	}
	if id = reply.Ret(); id == "" {
		return "", &OutcomeError{Path: menu + "/add", Err: fmt.Errorf("%w: no id came back", ErrProtocol)}
	}
	return id, nil
}

// Update sets fields of the rows of menu that ids name, in one command. If it
// fails, rows before the one at fault may have changed. Ids may be names where
// RouterOS takes them. No ids is a menu without rows (/system/identity).
func Update(ctx context.Context, c Caller, menu string, ids []string, fields Fields) error {
	all := make(Fields, 0, len(fields)+1)
	if len(ids) > 0 {
		all = append(all, Field{Name: ".id", Value: strings.Join(ids, ",")})
	}
	_, err := c.Call(ctx, Request{Path: menu + "/set", Fields: append(all, fields...)})
	return err
}

// Delete removes the rows of menu that ids name, in one command. If it fails,
// rows before the one at fault may be gone. No ids is nothing to do.
func Delete(ctx context.Context, c Caller, menu string, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := c.Call(ctx, Request{Path: menu + "/remove", Fields: Fields{{Name: ".id", Value: strings.Join(ids, ",")}}})
	return err
}

// Command runs any command, "/system/script/run".
func Command(ctx context.Context, c Caller, path string, fields Fields) (Reply, error) {
	return c.Call(ctx, Request{Path: path, Fields: fields})
}
