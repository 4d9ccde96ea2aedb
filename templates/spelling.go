package templates

import (
	"hash/maphash"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/text"
)

// Replacement replaces the matches of a regular expression.
type Replacement struct {
	Find, Put string

	find *regexp.Regexp
}

// Spelling is the name of a unit without campus, branch and former name, and with short words long: all, and what is
// behind the places that it begins with.
type Spelling struct {
	Name        string
	places      string
	whole, rest []rune
}

// Spell gives the spelling of a name by its key.
func (r *Reading) Spell(key string) Spelling {
	for _, x := range append(slices.Clone(r.SameUnit), Replacement{find: r.campus}) {
		if bare := x.find.ReplaceAllString(key, x.Put); bare != "" {
			key = bare
		}
	}
	s, rest := Spelling{Name: key, whole: []rune(key)}, key
	for {
		place := r.place.FindString(rest)
		if s.rest = []rune(rest); place == "" || len(rest)-len(place) < len("学校") {
			return s
		}
		s.places, rest = s.places+strings.TrimRight(place, "省市县区"), rest[len(place):]
	}
}

var seed = maphash.MakeSeed()

// Hashes are those of what alike spellings have in common, so that not all have to be compared: two that are alike, and
// differ in no more than two characters or in their order only, share one. They are others in another process.
func (s Spelling) Hashes() (out []uint64) {
	add := func(kind int, part []rune) {
		out = append(out, maphash.String(seed, strconv.Itoa(kind)+string(part)))
	}
	for _, name := range [][]rune{s.whole, s.rest} {
		const order, missing, third = -1, -2, -3 // kinds of what is in common
		add(order, slices.Sorted(slices.Values(name)))
		add(missing, name)
		for i := range name {
			add(missing, slices.Delete(slices.Clone(name), i, i+1))
		}
		for i := range 3 {
			add(third-3*len(name)-i, name[i*len(name)/3:(i+1)*len(name)/3])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Alike says whether two spellings may be one unit's: where one begins with a place that the other leaves out, has a
// character too many, the same characters in another order, or others that look like them. Names that differ in a place
// or in an ordinal are two units'.
func (r *Reading) Alike(a, b Spelling) bool {
	within := strings.HasSuffix(a.places, b.places) || strings.HasSuffix(b.places, a.places)
	return within && r.alike(a.rest, b.rest) || r.alike(a.whole, b.whole)
}

// alike compares two names without their places.
func (r *Reading) alike(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	ordinal := func(c rune) bool { return strings.ContainsRune(r.Ordinals, c) }
	var x, y []rune // what differs
	look, order := true, true
	for i, c := range a {
		if len(b) > len(a)+1 || 2*len(x) > len(a) {
			return false
		}
		if d := b[i]; c != d && len(a) == len(b) {
			look = look && !(ordinal(c) && ordinal(d)) && text.Resembles(c, d)
			order = order && !ordinal(c)
			x, y = append(x, c), append(y, d)
		} else if c != d {
			const longest = 8 // characters, in which a single one too many is a slip: 厦门工学院 and 厦门理工学院 are two
			return len(a) >= longest && !ordinal(d) && slices.Equal(a[i:], b[i+1:])
		}
	}
	slices.Sort(x)
	slices.Sort(y)
	return look || order && slices.Equal(x, y)
}
