package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Audit is audit.yaml: changes of answers (moves) that an applicant could try in order to improve its rank.
type Audit struct {
	Title     string `check:"must"`
	Mark      string `check:"must"`   // who may see the results
	Pairs     int    `check:"from 2"` // number of the strongest moves that are also tried in pairs
	Strongest int    `check:"from 1"` // maximum of one kind of move among them
	Gather    int    `check:"from 1"` // maximum of moves of one kind that are combined where each helps
	Moves     []*AuditMove
}

// AuditMove is one kind of move.
type AuditMove struct {
	ID       string    `check:"must,alone,like id"`
	List     AuditList `check:"must,in perverse claim"`
	Label    string    `check:"must"`
	Act      string    // see auditActs
	Scope    string    // member, kind, roster; value, row, all
	Each     []string  // fields, as rules name them, or the topic of metrics
	Years    []string  `check:"is year"` // empty: all that a field has
	Extra    bool      // only the years that are not on the official form
	Factor   decimal.Decimal
	Value    decimal.Decimal
	Into     string // field that act shift raises
	Evidence string // what a claim could be checked against

	Fields []*Field `yaml:"-"` // of Each
	pos    `yaml:"-"`
}

// AuditList tells perverse moves, which no real improvement stands behind, from claims of something better.
type AuditList string

const (
	Perverse AuditList = "perverse"
	Claim    AuditList = "claim"
)

// OfRoster says whether the move changes the roster rather than figures.
func (m *AuditMove) OfRoster() bool {
	return slices.Contains([]string{"member", "kind", "roster"}, m.Scope)
}

var auditActs = map[string][]string{
	"drop": {"member", "kind"}, "rekind": {"kind"}, "add": {"kind"}, "shift": {"all"}, "swap": {"member", "row", "all"},
	"blank": anyScope, "not_applicable": anyScope, "times": anyScope, "to": anyScope,
}

var anyScope = []string{"member", "kind", "roster", "value", "row", "all"}

func (a *Audit) check(l *loader, d *Definition) {
	acts := each(slices.Sorted(maps.Keys(auditActs)), func(act string) string {
		return act + "（" + strings.Join(auditActs[act], "、") + "）"
	})
	for _, m := range a.Moves {
		l.problemIf(!slices.Contains(auditActs[m.Act], m.Scope), m.pos,
			"动作“"+m.ID+"”的 act“"+m.Act+"”与 scope“"+m.Scope+"”不配",
			"可用的动作和各自的 scope："+strings.Join(acts, "，")+"。")
		l.problemIf((m.List == Claim) != (m.Evidence != ""), m.pos, "动作“"+m.ID+"”的 evidence 不对", "claim 的写，perverse 的不写。")
		l.problemIf((m.Act == "times" || m.Act == "shift") != m.Factor.IsPositive(), m.pos,
			"动作“"+m.ID+"”的 factor 不对", "act 为 times、shift 的写大于0的 factor，其余不写。")
		m.checkFields(l, d)
	}
}

func (m *AuditMove) checkFields(l *loader, d *Definition) {
	if m.OfRoster() != (len(m.Each) == 0) {
		l.problem(m.pos, "动作“"+m.ID+"”的 each 与 scope 不配", "动名册的不写 each，动栏目的要写。")
		return
	}
	fields, err := d.selectFields(m.Each)
	if len(m.Each) == 1 && len(d.Form.MetricsByTopic(m.Each[0])) > 0 {
		fields, err = d.Form.MetricsByTopic(m.Each[0]), nil
	}
	l.problemIf(err != nil, m.pos, fmt.Sprintf("动作“%s”的 each 有误：%v", m.ID, err), "写法同规则的 each，或经费等集中列出的题目。")
	m.Fields = slices.DeleteFunc(fields, func(f *Field) bool { return !f.Numeric() })
	l.problemIf(m.Act == "swap" && !m.OfRoster() && len(m.Years) != 2, m.pos,
		"动作“"+m.ID+"”要写两个年度", "例如 years: [prior, last]。")
	into := d.Field(m.Into)
	l.problemIf((m.Act == "shift") != (into != nil && into.Metric()), m.pos,
		"动作“"+m.ID+"”的 into 不对", "act 为 shift 的写挪到哪个带年度的栏目，其余不写。")
}
