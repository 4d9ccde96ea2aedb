package templates

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Rule is one entry of the catalogue. Codes are LHT-<tier>-<nnn>, never reused; tier 1 file, 2 value, 3 within a form,
// 4 against the directory and the calendar, 5 across submissions.
type Rule struct {
	Code      string `check:"must,like rule code"`
	ID        string `check:"must"`
	Severity  string `check:"must,in error warning info"` // error, warning, info
	Check     string `check:"must,is check"`              // how it is found: see Checks
	Each      []string
	By        string   // column of a list: its rows that say the same there are looked at as one
	Years     []string // year ids: one case a year, which the expressions call .year (the year before it: .before)
	When      string   // guard: where it is false the rule does not apply
	Expr      string   // condition that a sound submission meets
	Kinds     []string
	Asked     string `check:"in required others"` // required: only values that the form asks for; others: only the rest
	Threshold *decimal.Decimal
	// Voids says that a value found at fault proves nothing about others: the rules after this one do without it.
	Voids bool
	// Explained are the fields, as in Each, of which a fault is but one to be explained once it is.
	Explained []string
	Places    []string // further fields to mark, or a list of the form (its sheet is marked)
	Title     string   `check:"must"`
	Message   string   `check:"must"`
	Cure      string   `check:"must"`
	Authority string   `check:"must"`
	// Sheet is why the rule can't be shown as a formula in the template; empty where it can.
	Sheet string

	// List is the list that Each names alone: the expressions are about its rows, whose columns they call it.column.
	List string `yaml:"-"`
	// Cases are the compiled expressions, one a field of Each, or just one.
	Cases  []Case `yaml:"-"`
	at     `yaml:"-"`
	yields map[string]bool // fields of Explained
}

// Yields says whether an explanation makes a fault of a field one to be explained only.
func (r *Rule) Yields(field string) bool { return r.yields[field] }

// Case is a rule on one field (nil: on the form as a whole) and one year (zero: on no year in particular).
type Case struct {
	Field *Field
	Year  Year
	When  *Expression // nil: always
	Expr  *Expression
	// Sums are what the rule's texts reckon, by their placeholder: {=staff_full_time + staff_part_time}.
	Sums map[string]*Expression

	before string // id of the year before Year
}

// LooksAtMembers says whether the rule asks who is on the roster.
func (c Case) LooksAtMembers() bool {
	return len(c.Expr.Roster) > 0 || c.When != nil && len(c.When.Roster) > 0
}

var (
	yearWord = regexp.MustCompile(`\.(year|before)\b`)
	besideIt = regexp.MustCompile(`\bit_[a-z]`)
)

// spell writes the ids of the case's years for .year and .before, and that of its field for it_.
func (c Case) spell(source string) string {
	if c.Field != nil {
		source = besideIt.ReplaceAllStringFunc(source, func(name string) string { return c.Field.ID + name[len("it"):] })
	}
	if c.Year.ID == "" {
		return source
	}
	return yearWord.ReplaceAllStringFunc(source, func(word string) string {
		if word == ".before" {
			return "." + c.before
		}
		return "." + c.Year.ID
	})
}

// Covers says whether the rule looks at a field in a year, as far as it depends on what the form asks for.
func (r *Rule) Covers(d *Definition, f *Field, year int) bool {
	return r.Asked == "" || (r.Asked == "required") == (f.Required && !d.Supplementary(f, year))
}

// Tier is the first number of the code.
func (r *Rule) Tier() int { return int(r.Code[4] - '0') }

// Across says whether one workbook alone can't be judged by the rule: it compares, or needs the Department's list.
func (r *Rule) Across() bool {
	return r.Check == "shared_member" || r.Check == "near_text" || r.Check == "school_list"
}

// About says whether a rule that goes value by value is also about a column of a list.
func (r *Rule) About(f *Field) bool {
	return len(r.Each) == 0 || slices.Contains(r.Each, f.ID) || slices.Contains(r.Each, string(f.Type))
}

// Checks are the ways a rule can be checked:
//
//	file          found while reading files
//	marks         found while reading experts' marking workbooks: about no submission
//	two_versions  several files of one consortium that can't be ordered, found while reading
//	required      a required value was left blank
//	supplement    a value that the Department collects beyond the form was left blank: one finding a submission
//	unreadable    something stands there that can't be read as the number, date or choice it should be
//	coercion      a value was read after a change of one of Kinds, or for a reason of one of Kinds could not be read
//	bounds        a number under the field's min, over its max, or a fraction where whole numbers belong (Kinds: min,
//	max, whole)
//	fraction      a bare number between 0 and 1 where 0 to 100 is asked (Kinds: coercions that settle what was meant)
//	length        a text over its limit
//	expr          Expr over the values of one submission
//	column        the figures of whole years looked at together (Kinds: not_applicable, swapped; Threshold: their share)
//	record        rows of a list of the form (Kinds says which fault, of RecordKinds)
//	unsupported   a large claim (When) that no supporting material is listed for
//	shared_member the same unit in several consortia (Kinds: member kinds)
//	unheard       a row that the filler added to the explanations, and that explains nothing that was found
//	near_text     near-identical texts in two submissions (Threshold: share of shingles in common, 0 to 1)
//	school_list   members beside the register's schools (Kinds: unlisted, kind, enrolment; Threshold: of the last)
var Checks = []string{
	"file", "marks", "two_versions", "required", "supplement", "unreadable", "coercion", "bounds", "fraction", "length",
	"expr", "column", "record", "unsupported", "shared_member", "near_text", "unheard", "school_list",
}

// RecordKinds are the faults that a rule with the check record can name.
var RecordKinds = []string{
	"enrolment_none", "member_campus", "verification_denied", "roster_shifted",
}

var (
	codeForm    = regexp.MustCompile(`^LHT-[1-5]-[0-9]{3}$`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	// variables that every message may use, beside the ids of the years
	messageVars = []string{"label", "name", "year", "raw", "value", "unit", "limit", "count", "min", "max", "other",
		"member", "kind", "detail", "file", "sheet", "cell", "share", "list", "deadline", "how", "listed_city", "listed_park",
		"national"}
)

func (d *Definition) checkRules(l *loader) {
	d.rules = map[string]*Rule{}
	ids := map[string]bool{}
	slices.SortStableFunc(d.Rules, func(a, b *Rule) int { return strings.Compare(a.Code, b.Code) })
	for _, r := range d.Rules {
		l.proveTags(d, r.at, r)
		if !codeForm.MatchString(r.Code) {
			continue
		}
		l.when(d.rules[r.Code] != nil || ids[r.ID], r.at, "规则 "+r.Code+"（"+r.ID+"）的代码或编号重复",
			"代码和编号各只能用一次，旧代码不得再用。")
		d.rules[r.Code], ids[r.ID] = r, true
		for _, kind := range r.Kinds { // a definition of an earlier program may ask what has become an expression since
			l.when(r.Check == "record" && !slices.Contains(RecordKinds, kind), r.at,
				"规则 "+r.Code+" 的 kinds“"+kind+"”这一版程序不认识",
				"请照现在的定义改写这条规则；要原样重做当时的运行，请用当时的程序。")
		}
		if what, cure := d.compileRule(d.language, r); what != "" {
			l.problem(r.at, "规则 "+r.Code+" "+what, cure)
		}
		for _, p := range r.Places {
			if area := d.layout.Area(p); area.Block != nil {
				continue
			}
			for _, c := range r.Cases {
				_, err := d.CaseRef(c, p)
				l.when(err != nil, r.at, fmt.Sprintf("规则 %s 的 places 有误：%v", r.Code, err),
					"请写栏目编号，带年度的写 编号.年度，或名册等列表的编号。")
			}
		}
		d.checkMessage(l, r)
	}
}

// compileRule makes one case of each field and year; or it says what is wrong with the rule, and the cure.
func (d *Definition) compileRule(g *language, r *Rule) (what, cure string) {
	fields := []*Field{nil}
	if r.List = ""; len(r.Each) == 1 && len(d.list(r.Each[0])) > 0 {
		r.List = r.Each[0]
		if r.Check != "expr" || len(r.Years) > 0 {
			return "逐行看“" + r.List + "”，却不是 check: expr，或写了 years", "逐行的规则写 check: expr 和 expr，列写作 it.列名。"
		}
	}
	if r.By != "" && d.Field(r.List+"_"+r.By) == nil {
		return "的 by“" + r.By + "”不是所看列表的列", "请写 each 所写列表的列名。"
	}
	if r.List == "" && len(r.Each) > 0 {
		var err error
		if fields, err = d.selectFields(r.Each); err != nil {
			return "的 each 有误：" + err.Error(),
				"请写栏目编号，或 metrics、annual、amounts、singles、texts，或栏目类型如 integer、date。"
		}
	}
	r.yields = map[string]bool{}
	excused, err := d.selectFields(r.Explained)
	if err != nil || len(excused) > 0 && r.Severity != "error" {
		return "的 explained 有误", "severity: error 的规则才用得着；请写栏目编号或栏目类型，如 integer。"
	}
	for _, f := range excused {
		r.yields[f.ID] = true
	}
	years, err := d.caseYears(r)
	if err != nil {
		return "的 years 有误：" + err.Error(), "请写 form.yaml 的年度 id；用到 .before 的，第一个年度没有上一年。"
	}
	if (r.Check == "expr") != (r.Expr != "") {
		return "的 check 与 expr 不配", "check: expr 的规则要写 expr，其余不写。"
	}
	for _, f := range fields {
		for _, c := range years {
			c.Field = f
			if err := c.compile(g, r); err != nil {
				return "的表达式有误：" + inChinese(err.Error()), "请对照 form.yaml 的栏目编号改正。"
			}
			r.Cases = append(r.Cases, c)
		}
	}
	return "", ""
}

// compile reads the expressions of a rule for one of its cases.
func (c *Case) compile(g *language, r *Rule) (err error) {
	if r.When != "" {
		c.When, err = g.compile(r.List, c.spell(r.When), c.Field, false)
	}
	if expr := r.Expr; err == nil && expr != "" {
		if r.Threshold != nil {
			expr = strings.ReplaceAll(expr, "threshold", r.Threshold.String())
		}
		c.Expr, err = g.compile(r.List, c.spell(expr), c.Field, false)
	}
	for _, name := range Placeholders(r.Message + r.Cure) {
		if source, sum := strings.CutPrefix(name, "="); sum && err == nil {
			if c.Sums == nil {
				c.Sums = map[string]*Expression{}
			}
			c.Sums[name], err = g.compile(r.List, c.spell(source), c.Field, decimal.Decimal{})
		}
	}
	return err
}

// list gives the columns of a list of the form; none where there is no such list.
func (d *Definition) list(id string) []*Field {
	if id == "" {
		return nil
	}
	return slices.DeleteFunc(d.Form.Fields(), func(f *Field) bool { return f.Record != id })
}

// caseYears makes one case a year, or the one without a year.
func (d *Definition) caseYears(r *Rule) ([]Case, error) {
	if len(r.Years) == 0 {
		return []Case{{}}, nil
	}
	var out []Case
	for _, id := range r.Years {
		year := d.Form.Year(id)
		if year.ID == "" {
			return nil, fmt.Errorf("不认识的年度“%s”", id)
		}
		before := d.Form.YearOf(year.Year - 1)
		if before.ID == "" && strings.Contains(r.When+r.Expr+r.Message, ".before") {
			return nil, fmt.Errorf("年度“%s”没有上一年", id)
		}
		out = append(out, Case{Year: year, before: before.ID})
	}
	return out, nil
}

// selectFields resolves the words of each to fields, in form order; a word behind a minus sign takes fields out.
func (d *Definition) selectFields(words []string) ([]*Field, error) {
	chosen := map[*Field]bool{}
	for _, w := range words {
		n := len(chosen)
		name, without := strings.CutPrefix(w, "-")
		for _, f := range d.Form.Fields() {
			if f.ID == name || f.Record == "" && d.inGroup(f, name) {
				if chosen[f] = true; without {
					delete(chosen, f)
				}
			}
		}
		if len(chosen) == n {
			return nil, fmt.Errorf("“%s”不是栏目，也不是一组栏目", w)
		}
	}
	return slices.DeleteFunc(d.Form.Fields(), func(f *Field) bool { return !chosen[f] }), nil
}

func (d *Definition) inGroup(f *Field, word string) bool {
	switch word {
	case "metrics":
		return f.Metric()
	case "annual": // the metrics that run through all the years
		return f.Metric() && len(f.Years) == len(d.Form.Years)
	case "amounts": // those of them that are no percentages
		return d.inGroup(f, "annual") && f.Type != PercentField
	case "reported": // the metrics beside which stands what was promised or said before
		return f.Accompanied
	case "singles":
		return f.Numeric() && !f.Dated()
	case "texts":
		return f.Long()
	}
	return string(f.Type) == word
}

func (d *Definition) checkMessage(l *loader, r *Rule) {
	for _, name := range Placeholders(r.Message + r.Cure) {
		if d.Form.Year(name).ID != "" || strings.HasPrefix(name, "=") || slices.Contains(messageVars, name) {
			continue
		}
		if column, of := strings.CutPrefix(name, "it."); of && r.List != "" && d.Field(r.List+"_"+column) != nil {
			continue
		}
		for _, c := range r.Cases {
			if _, err := d.CaseRef(c, name); err != nil {
				l.problem(r.at, "规则 "+r.Code+" 的文字里“{"+name+"}”无从填写", fmt.Sprintf("可用 %v，或栏目编号。", messageVars))
				break
			}
		}
	}
}

// Placeholders lists the names in the braces of a message.
func Placeholders(message string) []string {
	return each(placeholder.FindAllStringSubmatch(message, -1), func(m []string) string { return m[1] })
}

// Ref reads a reference as rules write it: field, field.year, or it.year within `each`.
func (d *Definition) Ref(s string, it *Field) (Ref, error) {
	id, yearID, dated := strings.Cut(s, ".")
	if id == "it" && it != nil {
		id = it.ID
	}
	f := d.Field(id)
	if f == nil {
		return Ref{}, fmt.Errorf("不认识的栏目“%s”", id)
	}
	if !dated {
		if f.Dated() {
			return Ref{}, fmt.Errorf("栏目“%s”要带年度", id)
		}
		return Ref{Field: id}, nil
	}
	if !slices.Contains(f.Years, yearID) {
		return Ref{}, fmt.Errorf("栏目“%s”没有年度“%s”", id, yearID)
	}
	return Ref{id, d.Form.Year(yearID).Year}, nil
}

// CaseRef reads a reference of a rule's texts within one of its cases: it, it.last, apprentices.year, it.before.
func (d *Definition) CaseRef(c Case, s string) (Ref, error) { return d.Ref(c.spell(s), c.Field) }

// Fill puts values into the placeholders of a message. A placeholder without a value becomes （无）.
func Fill(message string, vars map[string]string) string {
	return placeholder.ReplaceAllStringFunc(message, func(m string) string {
		if v, ok := vars[m[1:len(m)-1]]; ok {
			return v
		}
		return "（无）"
	})
}

// Try gives a definition with this rule in the place of the one of its code, and else only those before it that void.
func (d *Definition) Try(rule Rule) (*Definition, error) {
	tried := *d
	rule.Cases = nil
	if what, _ := tried.compileRule(newLanguage(&tried), &rule); what != "" {
		return nil, errors.New(what)
	}
	tried.rules, tried.Rules = maps.Clone(d.rules), nil
	tried.rules[rule.Code] = &rule
	for _, r := range d.Rules {
		if r.Code < rule.Code && r.Voids {
			tried.Rules = append(tried.Rules, r)
		}
	}
	tried.Rules = append(tried.Rules, &rule)
	return &tried, nil
}
