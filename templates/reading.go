package templates

import (
	"fmt"
	"hash/maphash"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lianheti/stages/text"

	"github.com/shopspring/decimal"
)

// Classes of routes.
const (
	Lossless   = "lossless"
	Guess      = "guess"      // magnitude, unit or meaning were changed: a person has to confirm it
	Unreadable = "unreadable" // no value could be read
)

// Reading is reading.yaml, how cells are read: the routes from a cell's text to a value, and the words they know.
type Reading struct {
	Routes        []Route
	None          []string
	NotApplicable []string `yaml:"not_applicable"`
	About         struct{ Before, Behind, Alone []string }
	Scales        []Scale
	Units         []Unit
	OtherUnits    []string                          `yaml:"other_units"`
	Functions     []string                          `yaml:"volatile"` // Excel functions whose result changes with time
	Excluding     struct{ Before, Behind []string } // words around a name that exclude it: 除甲以外
	Campuses      []string                          // suffixes that name a part of a unit
	SameUnit      []Replacement                     `yaml:"same_unit"` // bring different names of one unit into one form
	Places        []string                          // place names that a unit's name may begin with, besides the cities
	Ordinals      string                            // characters: 第一中学 and 第二中学 are two units
	Placeholders  struct {
		Words             []string
		Unanswered        []FieldType
		Vague             []string // lists of the form
		Hollow            []string // explanations that give no reason
		Negative, Negated []string
	}
	How map[FieldType]string // how to fill in a field of each type
	// Before matches words for "about" before a number, Behind those after one.
	Before, Behind *regexp.Regexp `yaml:"-"`

	routes           map[string]Route
	units            map[string]Unit
	unitNames        map[string]bool // names of units
	volatile         *regexp.Regexp
	exclusions       [2]*regexp.Regexp // match the text before, and after, a name that is excluded
	placeholderWords map[string]bool
	negatives        *regexp.Regexp
	place            *regexp.Regexp // place name at the beginning of a unit's name
}

// Route is one way of reading a cell's text as a value.
type Route struct {
	ID    string `check:"must,alone"`
	Class string `check:"must,in lossless guess unreadable"`
	Label string `check:"must"`
}

// Scale is a word that multiplies the number before it, whatever the unit: 万.
type Scale struct {
	Word  string
	Times decimal.Decimal
}

// Unit is a unit of the form with its synonyms, and other units with their conversion factors.
type Unit struct {
	Unit  string
	Same  []string
	Worth map[string]decimal.Decimal
}

// Route finds a route by its id; the zero value where there is none.
func (r *Reading) Route(id string) Route { return r.routes[id] }

// UnitOf finds a unit; the zero value where it is unknown.
func (r *Reading) UnitOf(unit string) Unit { return r.units[unit] }

// IsUnitName says whether a word is the name of a unit.
func (r *Reading) IsUnitName(word string) bool { return r.unitNames[word] }

// placeholderCutset are the characters that are trimmed from a placeholder.
const placeholderCutset = " 　。.，,；;：:、…!！?？（）()【】[]《》“”\"'0123456789一二三四五六七八九十"

// IsPlaceholder says whether a text, already half width and lower case, only stands for a missing answer.
func (r *Reading) IsPlaceholder(s string) bool {
	bare := strings.Trim(s, placeholderCutset)
	return r.placeholderWords[bare] || r.placeholderWords[s] || !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsLetter(c) || unicode.IsDigit(c)
	})
}

// PlaceholderWords lists the words that are placeholders in a field; none where every word is an answer.
func (f *Field) PlaceholderWords() []string {
	r := f.Reading
	if !f.Required || f.Record != "" || !slices.Contains(r.Placeholders.Unanswered, f.Type) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Placeholders.Words), func(w string) bool {
		return f.None && slices.Contains(r.None, w)
	})
}

// IsEmptyExplanation says whether an explanation is blank, a placeholder or without a reason.
func (r *Reading) IsEmptyExplanation(words string) bool {
	key := text.NameKey(words)
	letters := map[rune]bool{}
	for _, c := range key {
		if unicode.IsLetter(c) {
			letters[c] = true
		}
	}
	return len(letters) < 2 || r.IsPlaceholder(key) || // 1, 是 and 是是是 explain nothing
		slices.Contains(r.Placeholders.Hollow, strings.Trim(key, placeholderCutset))
}

// Excludes says whether the words before and after a name exclude it: 除甲以外.
func (r *Reading) Excludes(before, behind string) bool {
	return r.exclusions[0].MatchString(before) || r.exclusions[1].MatchString(behind)
}

// IsNegative says whether a text negates something; a double negation does not count.
func (r *Reading) IsNegative(s string) bool {
	for _, m := range r.negatives.FindAllStringSubmatch(s, -1) {
		if m[1] == "" {
			return true
		}
	}
	return false
}

// Volatile says whether a formula can change its result whenever the workbook is opened, or takes it from another one.
func (r *Reading) Volatile(formula string) bool {
	return formula != "" && r.volatile.MatchString(formula)
}

// check compiles the patterns and sets the Reading of every field.
func (r *Reading) check(l *loader, d *Definition) {
	r.routes, r.units = map[string]Route{}, map[string]Unit{}
	r.unitNames, r.placeholderWords = setOf(r.OtherUnits), setOf(r.Placeholders.Words)
	for _, route := range r.Routes {
		r.routes[route.ID] = route
	}
	for _, u := range r.Units {
		r.units[u.Unit] = u
		maps.Copy(r.unitNames, setOf(append(slices.Clone(u.Same), u.Unit)))
	}
	r.volatile = regexp.MustCompile(`(?i)\b(?:` + alternation(r.Functions) + `)\(|\[[^\[\]!]+\][^\[\]!]*!`)
	r.exclusions[0] = regexp.MustCompile("(?:" + alternation(r.Excluding.Before) + ")[^,]{0,2}$")
	r.exclusions[1] = regexp.MustCompile("^[^,]{0,2}(?:" + alternation(r.Excluding.Behind) + "|外$)")
	parts := alternation(r.Campuses)
	r.SameUnit = append(r.SameUnit, Replacement{Find: `\([^()]*(?:campuses)\)$|\p{Han}{0,3}(?:campuses)$`})
	places := append(each(d.Directory.Cities, func(c City) string { return c.Name }), r.Places...)
	r.place = regexp.MustCompile(`^(?:` + alternation(places) + `)[省市区县]?|^\p{Han}{2,3}[市区县]`)
	for i, x := range r.SameUnit {
		err := r.SameUnit[i].compile(strings.ReplaceAll(x.Find, "campuses", parts))
		l.problemIf(err != nil, pos{"reading.yaml", "$.same_unit"}, "“"+x.Find+"”不是正则表达式", "请改正 find。")
	}
	r.Before = regexp.MustCompile("^(?:" + alternation(r.About.Before) + ")+")
	r.Behind = regexp.MustCompile("^(?:余|多|来|\\+)|(?:" + alternation(r.About.Behind) + ")$")
	negated, negative := alternation(r.Placeholders.Negated), alternation(r.Placeholders.Negative)
	r.negatives = regexp.MustCompile("(" + negated + ")?[^，。；,;]{0,4}?(?:" + negative + ")")
	for _, f := range d.Form.Fields() {
		f.Reading = r
		if r.How[f.Type] == "" {
			l.problem(pos{"reading.yaml", "$.how"}, "栏目类型“"+string(f.Type)+"”没有写怎样填", "请在 how 里补上。")
			return
		}
	}
}

// checkReported checks that every route that is not lossless is reported by a rule of sufficient severity.
func (r *Reading) checkReported(l *loader, d *Definition) {
	severities := map[string]string{} // of the rule that reports a route, by the route's id
	for _, rule := range d.Rules {
		if rule.Check != "coercion" && rule.Check != "file" {
			continue
		}
		for _, kind := range rule.Kinds {
			_, known := r.routes[kind]
			l.problemIf(!known, rule.pos, "规则 "+rule.Code+" 的 kinds“"+kind+"”不是读法", "请写 reading.yaml 的读法编号。")
			severities[kind] = rule.Severity
		}
	}
	for i, route := range r.Routes {
		severity := severities[route.ID]
		guess := route.Class == Guess && severity != "warning" && severity != "error"
		unreadable := route.Class == Unreadable && route.ID != "unread" && severity != "error"
		l.problemIf(guess || unreadable, pos{"reading.yaml", fmt.Sprintf("$.routes[%d]", i)}, "读法“"+route.Label+"”没有规则说到",
			"请在 rules.yaml 加一条 check: coercion、kinds 含 "+route.ID+" 的规则；guess 需核实以上，unreadable 必须修改。")
	}
}

func setOf(words []string) map[string]bool {
	out := map[string]bool{}
	for _, w := range words {
		out[w] = true
	}
	return out
}

// alternation is a pattern that matches any of some words, longer ones first; for no words, a pattern without matches.
func alternation(words []string) string {
	if len(words) == 0 {
		return `[^\x00-\x{10FFFF}]`
	}
	quoted := each(words, regexp.QuoteMeta)
	slices.SortStableFunc(quoted, func(a, b string) int { return len(b) - len(a) })
	return strings.Join(quoted, "|")
}

// Replacement replaces the matches of a regular expression.
type Replacement struct {
	Find, Put string

	find *regexp.Regexp
	hint string // one of these characters is in every match; empty: unknown
}

func (x *Replacement) compile(find string) error {
	tree, err := syntax.Parse(find, syntax.Perl)
	if err == nil {
		x.hint = hint(tree)
		x.find, err = regexp.Compile(find)
	}
	return err
}

// hint lists characters of which every match has one, because looking for them is faster than trying the expression.
func hint(x *syntax.Regexp) (out string) {
	const most = 40
	switch x.Op {
	case syntax.OpLiteral:
		if x.Flags&syntax.FoldCase == 0 {
			out = string(x.Rune[:1])
		}
	case syntax.OpCapture, syntax.OpPlus:
		return hint(x.Sub[0])
	case syntax.OpCharClass:
		for i := 0; i < len(x.Rune); i += 2 {
			for c := x.Rune[i]; c <= x.Rune[i+1]; c++ {
				if out += string(c); len(out) > most {
					return ""
				}
			}
		}
	case syntax.OpConcat: // the hint of one part
		for _, part := range x.Sub {
			if h := hint(part); h != "" && (out == "" || len(h) < len(out)) {
				out = h
			}
		}
	case syntax.OpAlternate:
		for _, part := range x.Sub {
			h := hint(part)
			if h == "" {
				return ""
			}
			out += h
		}
	}
	return out
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
	for i := range r.SameUnit {
		x := &r.SameUnit[i]
		if x.hint != "" && !strings.ContainsAny(key, x.hint) {
			continue
		}
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
	return within && r.alike(a.rest, b.rest) || a.places+b.places != "" && r.alike(a.whole, b.whole)
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
