package emulator

import "strconv"

// parseUint parses a stored number, decimal or 0x….
func parseUint(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 0, 64)
	return n, err == nil
}
