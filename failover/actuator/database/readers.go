package database

import (
	"context"
	"fmt"
	"net/netip"
)

// EndReads ends the connections by which a server that is gone reads from s. A
// source notices only after minutes that such a one has nobody at its other end,
// counts it among those who acknowledge until then, and so nobody else is proven to
// hold all. A reader that lives connects again after a second.
func EndReads(ctx context.Context, s Server, reader netip.Addr) error {
	if !reader.IsValid() {
		return nil
	}
	rows, err := s.Admin.QueryContext(ctx, "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"+
		" AND SUBSTRING_INDEX(HOST,':',1)=?", reader.Unmap().String())
	if err != nil {
		return fmt.Errorf("readers of %s: %w", s.Name, err)
	}
	defer func() { _ = rows.Close() }()
	var ids []uint64
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("readers of %s: %w", s.Name, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("readers of %s: %w", s.Name, err)
	}
	for _, id := range ids {
		if _, err := s.Admin.ExecContext(ctx, "KILL CONNECTION ?", id); err != nil && errno(err) != errnoNoThread {
			return fmt.Errorf("end a reader of %s: %w", s.Name, err)
		}
	}
	return nil
}
