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
	By        string   // column of a list: rows with the same value there are one case
	Years     []string // year ids: one case for each year, called .year in expressions (the year before it: .before)
	When      string   // condition under which the rule applies
	Expr      string   // condition that a correct submission meets
	Kinds     []string
	Asked     string `check:"in required others"` // required: only values that the form requires; others: only the rest
	Threshold *decimal.Decimal
	// Voids says that later rules treat a value with this finding as missing.
	Voids bool
	// Explained are the fields, as in Each, whose error becomes a warning once it is explained.
	Explained []string
	Places    []string // further fields to mark as places of the finding, or a list of the form (its sheet is marked)
	Title     string   `check:"must"`
	Message   string   `check:"must"`
	Cure      string   `check:"must"`
	Authority string   `check:"must"`
	// Sheet is the reason why the rule can't be a formula in the template; empty where it can.
	Sheet string

	// List is the list whose rows the expressions are evaluated on (it.column); empty where Each does not name a list.
	List string `yaml:"-"`
	// Cases are the compiled expressions: one for each field of Each and year of Years, or just one.
	Cases       []Case `yaml:"-"`
	pos         `yaml:"-"`
	explainable map[string]bool // field ids of Explained
}

// CanExplain says whether an explanation turns an error of a field into a warning.
func (r *Rule) CanExplain(field string) bool { return r.explainable[field] }

// Case is a rule applied to one field (nil: the form as a whole) and one year (zero: no particular year).
type Case struct {
	Field *Field
	Year  Year
	When  *Expression // nil: always
	Expr  *Expression
	// Sums are the expressions in the rule's texts, by placeholder: {=staff_full_time + staff_part_time}.
	Sums map[string]*Expression

	before string // id of the year before Year
}

// LooksAtMembers says whether the case uses the roster.
func (c Case) LooksAtMembers() bool {
	return len(c.Expr.Roster) > 0 || c.When != nil && len(c.When.Roster) > 0
}

var (
	yearPattern = regexp.MustCompile(`\.(year|before)\b`)
	itPattern   = regexp.MustCompile(`\bit_[a-z]`)
)

// expand replaces .year and .before by the ids of the case's years, and the prefix it_ by that of its field.
func (c Case) expand(source string) string {
	if c.Field != nil {
		source = itPattern.ReplaceAllStringFunc(source, func(name string) string { return c.Field.ID + name[len("it"):] })
	}
	if c.Year.ID == "" {
		return source
	}
	return yearPattern.ReplaceAllStringFunc(source, func(word string) string {
		return either(word == ".before", "."+c.before, "."+c.Year.ID)
	})
}

// Covers says whether Asked lets the rule apply to a field in a year.
func (r *Rule) Covers(d *Definition, f *Field, year int) bool {
	return r.Asked == "" || (r.Asked == "required") == (f.Required && !d.Supplementary(f, year))
}

// Tier is the first number of the code.
func (r *Rule) Tier() int { return int(r.Code[4] - '0') }

var batchChecks = []string{"shared_member", "near_text", "school_list", "outlier", "copied", "enrolments"}

// NeedsBatch says whether the rule can't be checked on one workbook alone: it compares submissions, or needs the
// register's list of schools.
func (r *Rule) NeedsBatch() bool { return slices.Contains(batchChecks, r.Check) }

// AppliesTo says whether a rule that checks value by value also checks a column of a list.
func (r *Rule) AppliesTo(f *Field) bool {
	return len(r.Each) == 0 || slices.Contains(r.Each, f.ID) || slices.Contains(r.Each, string(f.Type))
}

// Checks are the ways a rule can be checked:
//
//	file          found while reading files
//	marks         found while reading experts' marking workbooks: about no submission
//	two_versions  several files of one consortium that can't be ordered, found while reading
//	required      a required value is blank
//	supplement    a value that the Department collects beyond the form is blank: one finding for each submission
//	unreadable    the cell can't be read as the number, date or choice that it should be
//	coercion      a value was changed in reading by a route of Kinds, or could not be read for a reason of Kinds
//	bounds        a number below the field's min, above its max, or not whole (Kinds: min, max, whole)
//	fraction      a bare number between 0 and 1 where 0 to 100 is asked (Kinds: coercions that settle what was meant)
//	length        a text longer than its limit
//	expr          Expr over the values of one submission
//	column        all figures of a year together (Kinds: not_applicable, swapped, unchanged, slid; Threshold)
//	record        rows of a list of the form (Kinds says which fault, of RecordKinds)
//	unsupported   a large claim (When) without supporting material
//	shared_member the same unit in several consortia (Kinds: member kinds)
//	unheard       a row added to the explanations that does not match any finding
//	near_text     near-identical texts in two submissions (Threshold: share of shingles in common, 0 to 1)
//	outlier       a number that is many times the median of the batch (Threshold: how many times)
//	copied        too many actual figures are those of another submission (Threshold: their share)
//	enrolments    a school's enrolment differs from what another consortium gives (Threshold: of that)
//	school_list   members that differ from the register's list (Kinds: unlisted, kind, enrolment; Threshold: of the last)
var Checks = []string{
	"file", "marks", "two_versions", "required", "supplement", "unreadable", "coercion", "bounds", "fraction", "length",
	"expr", "column", "record", "unsupported", "shared_member", "near_text", "unheard", "school_list",
	"outlier", "copied", "enrolments",
}

// RecordKinds are the faults that a rule with the check record can name.
var RecordKinds = []string{
	"enrolment_none", "member_campus", "verification_denied", "roster_shifted",
}

var (
	codeForm    = regexp.MustCompile(`^LHT-[1-5]-[0-9]{3}$`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	// variables that every message may use, besides the ids of the years
	messageVars = []string{"label", "name", "year", "raw", "value", "unit", "limit", "count", "min", "max", "other",
		"member", "kind", "detail", "file", "sheet", "cell", "share", "list", "deadline", "how", "listed_city", "listed_park",
		"national"}
)

func (d *Definition) checkRules(l *loader) {
	d.rules = map[string]*Rule{}
	ids := map[string]bool{}
	slices.SortStableFunc(d.Rules, func(a, b *Rule) int { return strings.Compare(a.Code, b.Code) })
	for _, r := range d.Rules {
		l.validateTags(d, r.pos, r)
		if !codeForm.MatchString(r.Code) {
			continue
		}
		l.problemIf(d.rules[r.Code] != nil || ids[r.ID], r.pos, "规则 "+r.Code+"（"+r.ID+"）的代码或编号重复",
			"代码和编号各只能用一次，旧代码不得再用。")
		d.rules[r.Code], ids[r.ID] = r, true
		for _, kind := range r.Kinds { // older definitions may have kinds that are expressions now
			l.problemIf(r.Check == "record" && !slices.Contains(RecordKinds, kind), r.pos,
				"规则 "+r.Code+" 的 kinds“"+kind+"”这一版程序不认识",
				"请照现在的定义改写这条规则；要原样重做当时的运行，请用当时的程序。")
		}
		if what, cure := d.compileRule(d.language, r); what != "" {
			l.problem(r.pos, "规则 "+r.Code+" "+what, cure)
		}
		for _, p := range r.Places {
			if area := d.layout.Area(p); area.Block != nil {
				continue
			}
			for _, c := range r.Cases {
				_, err := d.CaseRef(c, p)
				l.problemIf(err != nil, r.pos, fmt.Sprintf("规则 %s 的 places 有误：%v", r.Code, err),
					"请写栏目编号，带年度的写 编号.年度，或名册等列表的编号。")
			}
		}
		d.checkMessage(l, r)
	}
}

// compileRule sets the rule's cases, one for each field and year; or it returns what is wrong with it, and the cure.
func (d *Definition) compileRule(g *language, r *Rule) (what, cure string) {
	fields := []*Field{nil}
	if r.List = ""; len(r.Each) == 1 && d.layout.Area(r.Each[0]).Block != nil {
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
	r.explainable = map[string]bool{}
	excused, err := d.selectFields(r.Explained)
	if err != nil || len(excused) > 0 && r.Severity != "error" {
		return "的 explained 有误", "severity: error 的规则才用得着；请写栏目编号或栏目类型，如 integer。"
	}
	for _, f := range excused {
		r.explainable[f.ID] = true
	}
	years, err := d.caseYears(r)
	if err != nil {
		return "的 years 有误：" + err.Error(), "请写 form.yaml 的年度 id；用到 .before 的，第一个年度没有上一年。"
	}
	if (r.Check == "expr") != (r.Expr != "") {
		return "的 check 与 expr 不配", "check: expr 的规则要写 expr，其余不写。"
	}
	sums := filter(Placeholders(r.Message+r.Cure), func(name string) bool { return strings.HasPrefix(name, "=") })
	for _, f := range fields {
		for _, c := range years {
			c.Field = f
			if err := c.compile(g, r, sums); err != nil {
				return "的表达式有误：" + translate(err.Error()), "请对照 form.yaml 的栏目编号改正。"
			}
			r.Cases = append(r.Cases, c)
		}
	}
	return "", ""
}

// compile compiles the expressions of a rule for one of its cases. sums are the placeholders that are expressions.
func (c *Case) compile(g *language, r *Rule, sums []string) (err error) {
	if r.When != "" {
		c.When, err = g.compile(r.List, c.expand(r.When), c.Field, false)
	}
	if expr := r.Expr; err == nil && expr != "" {
		if r.Threshold != nil {
			expr = strings.ReplaceAll(expr, "threshold", r.Threshold.String())
		}
		c.Expr, err = g.compile(r.List, c.expand(expr), c.Field, false)
	}
	c.Sums = map[string]*Expression{}
	for _, name := range sums {
		if err == nil {
			c.Sums[name], err = g.compile(r.List, c.expand(name[1:]), c.Field, decimal.Decimal{})
		}
	}
	return err
}

// caseYears makes a case for each year, or one without a year.
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

// selectFields resolves the words of each (field ids, groups, types) to fields, in form order. A word with a minus sign
// before it excludes fields.
func (d *Definition) selectFields(words []string) ([]*Field, error) {
	if len(words) == 0 {
		return nil, nil
	}
	chosen, fields := map[*Field]bool{}, d.Form.Fields()
	for _, w := range words {
		n := len(chosen)
		name, without := strings.CutPrefix(w, "-")
		for _, f := range fields {
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
	return slices.DeleteFunc(fields, func(f *Field) bool { return !chosen[f] }), nil
}

func (d *Definition) inGroup(f *Field, word string) bool {
	switch word {
	case "metrics":
		return f.Metric()
	case "annual": // metrics with all years
		return f.Metric() && len(f.Years) == len(d.Form.Years)
	case "amounts": // annual metrics other than percentages
		return d.inGroup(f, "annual") && f.Type != PercentField
	case "reported": // metrics with companions
		return len(f.Companions) > 0
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
				l.problem(r.pos, "规则 "+r.Code+" 的文字里“{"+name+"}”无从填写", fmt.Sprintf("可用 %v，或栏目编号。", messageVars))
				break
			}
		}
	}
}

// Placeholders lists the names in the braces of a message.
func Placeholders(message string) []string {
	return each(placeholder.FindAllStringSubmatch(message, -1), func(m []string) string { return m[1] })
}

// Ref parses a reference as rules write it: field, field.year, or it.year within `each`.
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

// CaseRef parses a reference in a rule's texts for one of its cases: it, it.last, apprentices.year, it.before.
func (d *Definition) CaseRef(c Case, s string) (Ref, error) { return d.Ref(c.expand(s), c.Field) }

// Fill replaces the placeholders of a message by values. A placeholder without a value becomes （无）.
func Fill(message string, vars map[string]string) string {
	return placeholder.ReplaceAllStringFunc(message, func(m string) string {
		if v, ok := vars[m[1:len(m)-1]]; ok {
			return v
		}
		return "（无）"
	})
}

// WithOnlyRule returns a definition whose only rules are this one and, before it, those with Voids.
func (d *Definition) WithOnlyRule(rule Rule) (*Definition, error) {
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
