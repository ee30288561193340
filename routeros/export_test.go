package routeros

// Wire is the wire form of req, for tests.
func Wire(req Request, tag uint64) []byte { return req.appendTo(nil, tag) }
