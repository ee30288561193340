package journal

// Keep makes a journal keep fewer entries.
func (j *Journal) Keep(n uint64) { j.keep = n }
