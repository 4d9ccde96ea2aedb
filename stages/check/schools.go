package check

import (
	"fmt"

	"lianheti/stages/table"

	"github.com/shopspring/decimal"
)

// schoolList holds the units of the roster against the Department's list of schools. A blank list says nothing.
func schoolList(f *form, p *plan, t *tally) {
	if len(f.batch.schools) == 0 {
		t.skip("没有登记学校名录")
		return
	}
	for _, rows := range f.units(t) {
		for _, m := range rows {
			s, listed := f.batch.schools[m.NameKey]
			switch kind := p.rule.Kinds[0]; { // one rule, one difference
			case kind == "enrolment":
				schoolEnrolment(f, p, m, s, listed, t)
			case kind == "unlisted" && !f.isSchool(m):
				t.skip("名册中没有学校")
			case kind == "unlisted" && !listed:
				t.fail(f.memberFault(m, m.Name, nameColumn))
			case !listed:
				t.skip("名册中没有名录所列的学校")
			case kind == "unlisted" || m.Kind == s.Kind:
				t.pass()
			default: // of another kind, whatever the roster calls it
				x := f.memberFault(m, m.KindLabel, kindColumn)
				official, _ := f.batch.def.Form.Kind(s.Kind)
				x.vars["other"] = official.Label
				t.fail(x)
			}
		}
	}
}

// schoolEnrolment fails an enrolment that departs from the official one by more than the rule's threshold, as a share of it.
func schoolEnrolment(f *form, p *plan, m table.Member, s table.School, listed bool, t *tally) {
	switch {
	case !listed || !s.Enrolment.Valid:
		t.skip("名册中没有名录写明在校生数的学校")
		return
	case !m.Enrolment.Valid:
		t.undecide("有的学校没有可用的在校生数")
		return
	}
	stated, official := decimal.NewFromFloat(m.Enrolment.V), decimal.NewFromFloat(s.Enrolment.V)
	off := stated.Sub(official)
	if !off.Abs().GreaterThan(official.Mul(*p.rule.Threshold)) {
		t.pass()
		return
	}
	x := f.memberFault(m, stated.String(), enrolmentColumn)
	x.vars["other"], x.vars["share"], x.vars["limit"] = official.String(), off.Abs().String(), p.rule.Threshold.Shift(2).String()
	if x.vars["detail"] = ""; s.Year != "" {
		x.vars["detail"] = fmt.Sprintf("（%s年）", s.Year)
	}
	t.fail(x)
}
