package templates

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"lianheti/stages/text"

	"github.com/shopspring/decimal"
)

// Classes of routes.
const (
	Lossless   = "lossless"
	Guess      = "guess"      // magnitude, unit or meaning were changed: a person has to confirm it
	Unreadable = "unreadable" // no value came of it
)

// Reading is how cells are read: the routes from what stands there to a value, and the words known on the way.
type Reading struct {
	Routes        []Route
	None          []string
	NotApplicable []string `yaml:"not_applicable"`
	About         struct{ Before, Behind, Alone []string }
	Scales        []Scale
	Units         []Unit
	OtherUnits    []string                          `yaml:"other_units"`
	Functions     []string                          `yaml:"volatile"` // another result whenever a workbook is opened
	Excluding     struct{ Before, Behind []string } // words around a name: all but that
	Campuses      []string                          // behind the name of a unit: a part of it
	SameUnit      []Rewriting                       `yaml:"same_unit"` // of names of one unit until they are alike
	Places        []string                          // that a name may begin with, beside the cities of the directory
	Ordinals      string                            // characters: 第一中学 and 第二中学 are two units
	Placeholders  struct {
		Words             []string
		Unanswered        []FieldType
		Vague             []string // lists of the form
		Hollow            []string // explanations that say no reason
		Negative, Negated []string
	}
	How map[FieldType]string
	// Before finds the words for "about" that stand before a number, Behind those behind one.
	Before, Behind *regexp.Regexp `yaml:"-"`

	routes    map[string]Route
	units     map[string]Unit
	strange   map[string]bool // names of units
	volatile  *regexp.Regexp
	besides   [2]*regexp.Regexp // how what stands before, and behind, a name excludes it
	campus    *regexp.Regexp
	place     *regexp.Regexp
	fillers   map[string]bool
	negatives *regexp.Regexp
}

// Route is one way from what stands in a cell to a value.
type Route struct {
	ID    string `check:"must,alone"`
	Class string `check:"must,in lossless guess unreadable"`
	Label string `check:"must"`
}

// Scale multiplies what stands before its word, whatever the unit.
type Scale struct {
	Word  string
	Times decimal.Decimal
}

// Unit is how fillers write a unit: other words for the same, and other units with what they are worth.
type Unit struct {
	Unit  string
	Same  []string
	Worth map[string]decimal.Decimal
}

// Route gives a route; none of an unknown id.
func (r *Reading) Route(id string) Route { return r.routes[id] }

// UnitOf gives what is known of a unit.
func (r *Reading) UnitOf(unit string) Unit { return r.units[unit] }

// Strange says whether a word names a unit.
func (r *Reading) Strange(word string) bool { return r.strange[word] }

// dressing is what may stand around a placeholder.
const dressing = " 　。.，,；;：:、…!！?？（）()【】[]《》“”\"'0123456789一二三四五六七八九十"

// Placeholder says whether a text that was made half width and lower case holds the place of an answer.
func (r *Reading) Placeholder(s string) bool {
	bare := strings.Trim(s, dressing)
	return r.fillers[bare] || r.fillers[s] || !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsLetter(c) || unicode.IsDigit(c)
	})
}

// HoldsPlaces lists the words that only hold the place of an answer in a field; none where any word may stand.
func (f *Field) HoldsPlaces() []string {
	r := f.Reading
	if !f.Required || f.Record != "" || !slices.Contains(r.Placeholders.Unanswered, f.Type) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Placeholders.Words), func(w string) bool {
		return f.None && slices.Contains(r.None, w)
	})
}

// SaysNothing says whether an explanation is empty or holds the place of one.
func (r *Reading) SaysNothing(words string) bool {
	key := text.NameKey(words)
	letters := map[rune]bool{}
	for _, c := range key {
		if unicode.IsLetter(c) {
			letters[c] = true
		}
	}
	return len(letters) < 2 || r.Placeholder(key) || // 1, 是 and 是是是 explain nothing
		slices.Contains(r.Placeholders.Hollow, strings.Trim(key, dressing))
}

// Excludes says whether the words around a name leave it out: 除甲以外.
func (r *Reading) Excludes(before, behind string) bool {
	return r.besides[0].MatchString(before) || r.besides[1].MatchString(behind)
}

// Denied says whether a text says of something that it is not so, unless the text denies that in turn.
func (r *Reading) Denied(s string) bool {
	for _, m := range r.negatives.FindAllStringSubmatch(s, -1) {
		if m[1] == "" {
			return true
		}
	}
	return false
}

// Volatile says whether a formula gives another result whenever a workbook is opened.
func (r *Reading) Volatile(formula string) bool {
	return formula != "" && r.volatile.MatchString(formula)
}

// check compiles the words and gives every field its reading.
func (r *Reading) check(l *loader, d *Definition) {
	r.routes, r.units = map[string]Route{}, map[string]Unit{}
	r.strange, r.fillers = setOf(r.OtherUnits), setOf(r.Placeholders.Words)
	for _, route := range r.Routes {
		r.routes[route.ID] = route
	}
	for _, u := range r.Units {
		r.units[u.Unit] = u
		maps.Copy(r.strange, setOf(append(slices.Clone(u.Same), u.Unit)))
	}
	r.volatile = regexp.MustCompile(`(?i)\b(?:` + anyOf(r.Functions) + `)\(`)
	r.besides[0] = regexp.MustCompile("(?:" + anyOf(r.Excluding.Before) + ")[^,]{0,2}$")
	r.besides[1] = regexp.MustCompile("^[^,]{0,2}(?:" + anyOf(r.Excluding.Behind) + "|外$)")
	parts := anyOf(r.Campuses)
	r.campus = regexp.MustCompile(`\([^()]*(?:` + parts + `)\)$|\p{Han}{0,3}(?:` + parts + `)$`)
	places := append(each(d.Directory.Cities, func(c City) string { return c.Name }), r.Places...)
	r.place = regexp.MustCompile(`^(?:` + anyOf(places) + `)[省市区县]?|^\p{Han}{2,3}[市区县]`)
	for i, x := range r.SameUnit {
		find, err := regexp.Compile(strings.ReplaceAll(x.Find, "campuses", parts))
		l.when(err != nil, at{"reading.yaml", "$.same_unit"}, "“"+x.Find+"”不是正则表达式", "请改正 find。")
		if err == nil {
			r.SameUnit[i].find = find
		}
	}
	r.Before = regexp.MustCompile("^(?:" + anyOf(r.About.Before) + ")+")
	r.Behind = regexp.MustCompile("^(?:余|多|来|\\+)|(?:" + anyOf(r.About.Behind) + ")$")
	negated, negative := anyOf(r.Placeholders.Negated), anyOf(r.Placeholders.Negative)
	r.negatives = regexp.MustCompile("(" + negated + ")?[^，。；,;]{0,4}?(?:" + negative + ")")
	for _, f := range d.Form.Fields() {
		f.Reading = r
		if r.How[f.Type] == "" {
			l.problem(at{"reading.yaml", "$.how"}, "栏目类型“"+string(f.Type)+"”没有写怎样填", "请在 how 里补上。")
			return
		}
	}
}

// checkReported proves that a rule of its gravity reports every route that is not lossless.
func (r *Reading) checkReported(l *loader, d *Definition) {
	told := map[string]string{}
	for _, rule := range d.Rules {
		if rule.Check != "coercion" && rule.Check != "file" {
			continue
		}
		for _, kind := range rule.Kinds {
			_, known := r.routes[kind]
			l.when(!known, rule.at, "规则 "+rule.Code+" 的 kinds“"+kind+"”不是读法", "请写 reading.yaml 的读法编号。")
			told[kind] = rule.Severity
		}
	}
	for i, route := range r.Routes {
		severity := told[route.ID]
		asked := severity == "warning" || severity == "error"
		l.when(route.Class == Guess && !asked || route.Class == Unreadable && route.ID != "unread" && severity != "error",
			at{"reading.yaml", fmt.Sprintf("$.routes[%d]", i)}, "读法“"+route.Label+"”没有规则说到",
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

// anyOf is a pattern for one of several words, the longer first; of none, nothing fits it.
func anyOf(words []string) string {
	if len(words) == 0 {
		return `[^\x00-\x{10FFFF}]`
	}
	quoted := each(words, regexp.QuoteMeta)
	slices.SortStableFunc(quoted, func(a, b string) int { return len(b) - len(a) })
	return strings.Join(quoted, "|")
}
