package tunnel

import "strings"

// markPrefix begins every mark. Objects without it are never touched.
const markPrefix = "jembatan:"

// Mark returns the mark of the object name in scope, as in
// "jembatan:servers/jkt.metro-sby.metro". The scope of tunnels, bonds and
// bridges is their segment, that of switches their service. It holds no slash
// and neither part holds white space.
func Mark(scope, name string) string { return markPrefix + scope + "/" + name }

// ParseMark takes a mark out of an object's comment: it is the comment's first
// word, so people may write remarks behind it. ok is false when the object is
// not ours.
func ParseMark(comment string) (scope, name string, ok bool) {
	word := comment
	if i := strings.IndexAny(comment, " \t\r\n"); i >= 0 {
		word = comment[:i]
	}
	word, ok = strings.CutPrefix(word, markPrefix)
	if !ok {
		return "", "", false
	}
	scope, name, ok = strings.Cut(word, "/")
	if !ok || scope == "" || name == "" {
		return "", "", false
	}
	return scope, name, true
}

// isOurs reports whether mark is a mark of this program.
func isOurs(mark string) bool {
	_, _, ok := ParseMark(mark)
	return ok
}
