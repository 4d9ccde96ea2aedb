package check

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lianheti/samples/programs"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. A slip in the rule set is noticed: of all mutants of all rules at least 95 in 100 fail a fixture.
//  2. A mutant that survives is none that a filling could tell from the rule: those that only differ below zero, where
//     negative_number has voided the value before. It is listed when the test runs verbosely.

// mutant is a rule with one slip.
type mutant struct {
	what string
	rule templates.Rule
}

// slips are what a token of an expression may be mistaken for.
var slips = map[string][]string{
	">=": {">", "<"}, "<=": {"<", ">"}, ">": {">=", "<"}, "<": {"<=", ">"}, "==": {"!=", ">=", "<="}, "!=": {"=="},
	"and": {"or"}, "or": {"and"}, "not": {""}, "+": {"-"}, "-": {"+"}, "*": {"+"}, "/": {"*"},
	".prior": {".last"}, ".last": {".prior"}, ".first": {".next"}, ".next": {".final"}, ".final": {".next"}, ".year": {".before"}, ".before": {".year"},
}

var (
	token = regexp.MustCompile(`"[^"]*"|>=|<=|==|!=|>|<|[-+*/]|\b(?:and|or|not)\b|\.(?:prior|last|first|next|final|year|before)\b|\b\d+(?:\.\d+)?\b`)
	whole = regexp.MustCompile(`^\d+$`)
	dated = regexp.MustCompile(`^"(\d{4})(-.*)"$`)
)

// mutateExpression makes every slip in one expression: each operator, constant and year mistaken, each condition dropped.
func mutateExpression(source string) (out []string) {
	for _, at := range token.FindAllStringIndex(source, -1) {
		word := source[at[0]:at[1]]
		others := slips[word]
		if n, err := strconv.ParseFloat(word, 64); err == nil {
			step := 0.05
			if whole.MatchString(word) {
				step = 1
			}
			others = []string{strconv.FormatFloat(n+step, 'g', -1, 64), strconv.FormatFloat(max(0, n-step), 'g', -1, 64)}
			if n == 0 {
				others = others[:1]
			}
		}
		if d := dated.FindStringSubmatch(word); d != nil {
			year, _ := strconv.Atoi(d[1])
			others = []string{fmt.Sprintf(`"%d%s"`, year+1, d[2]), fmt.Sprintf(`"%d%s"`, year-1, d[2])}
		}
		for _, o := range others {
			out = append(out, source[:at[0]]+o+source[at[1]:])
		}
		if (word == "and" || word == "or") && strings.Count(source[:at[0]], "(") == strings.Count(source[:at[0]], ")") {
			out = append(out, source[:at[0]], source[at[1]:])
		}
	}
	return out
}

// without gives the lists that miss one of their elements.
func without(list []string) (out [][]string) {
	for i := range list {
		out = append(out, slices.Delete(slices.Clone(list), i, i+1))
	}
	return out
}

// mutants of one rule.
func mutants(r *templates.Rule) (out []mutant) {
	add := func(what string, change func(*templates.Rule)) {
		m := *r
		change(&m)
		out = append(out, mutant{r.Code + " " + what, m})
	}
	for _, s := range mutateExpression(r.Expr) {
		add("expr "+s, func(m *templates.Rule) { m.Expr = s })
	}
	for _, s := range mutateExpression(r.When) {
		add("when "+s, func(m *templates.Rule) { m.When = s })
	}
	if r.When != "" {
		add("when dropped", func(m *templates.Rule) { m.When = "" })
	}
	if r.Expr != "" {
		add("expr denied", func(m *templates.Rule) { m.Expr = "not (" + m.Expr + ")" })
	}
	for _, s := range []string{"error", "warning", "info"} {
		if s != r.Severity {
			add("severity "+s, func(m *templates.Rule) { m.Severity = s })
		}
	}
	if len(r.Years) > 1 {
		for _, list := range without(r.Years) {
			add(fmt.Sprint("years ", list), func(m *templates.Rule) { m.Years = list })
		}
	}
	for i, y := range r.Years {
		if others := slips["."+y]; len(others) > 0 && !slices.Contains(r.Years, others[0][1:]) {
			list := slices.Clone(r.Years)
			list[i] = others[0][1:]
			add(fmt.Sprint("years ", list), func(m *templates.Rule) { m.Years = list })
		}
	}
	if len(r.Each) > 1 {
		for _, list := range without(r.Each) {
			add(fmt.Sprint("each ", list), func(m *templates.Rule) { m.Each = list })
		}
	}
	for _, list := range without(r.Kinds) {
		if len(list) > 0 {
			add(fmt.Sprint("kinds ", list), func(m *templates.Rule) { m.Kinds = list })
		}
	}
	for _, list := range without(r.Places) {
		add(fmt.Sprint("places ", list), func(m *templates.Rule) { m.Places = list })
	}
	return out
}

func TestSlipsInRulesAreNoticed(t *testing.T) {
	fixtures := map[string]fixture{}
	readYAML(t, "testdata/fixtures.yaml", &fixtures)
	var all []mutant
	for _, r := range definition.Rules {
		if r.Tier() > 1 {
			all = append(all, mutants(r)...)
		}
	}
	every := 3
	if programs.InCI() {
		every = 1
	}
	for i := range all[:len(all)/every] {
		all[i] = all[i*every]
	}
	all = all[:len(all)/every]
	cases := map[string][]prepared{} // by code, in the order of the fixture's cases
	for code, f := range fixtures {
		for c := range f.all {
			facts, known := prepare(t, c)
			cases[code] = append(cases[code], prepared{facts, known})
		}
	}
	survived := make([]bool, len(all))
	stillborn := make([]bool, len(all))
	var group sync.WaitGroup
	slots := make(chan bool, runtime.GOMAXPROCS(0))
	for i, m := range all {
		slots <- true
		group.Go(func() {
			defer func() { <-slots }()
			d, err := definition.WithOnlyRule(m.rule)
			if err != nil { // it does not even load
				stillborn[i] = true
				return
			}
			survived[i] = len(d.Rule(m.rule.Code).Cases) == fixtures[m.rule.Code].Scope && !noticed(t, d, m.rule.Code, fixtures[m.rule.Code], cases[m.rule.Code])
		})
	}
	group.Wait()
	born, alive := 0, 0
	for i, m := range all {
		if stillborn[i] {
			continue
		}
		born++
		if survived[i] {
			alive++
			t.Logf("survives: %s", m.what)
		}
	}
	t.Logf("%d mutants of %d rules, %d more did not load; %d survive", born, len(definition.Rules), len(all)-born, alive)
	if born < 400/every || 20*alive > born {
		t.Errorf("%d of %d mutants survive", alive, born)
	}
}

// prepared is what a fixture is judged by.
type prepared struct {
	facts *table.Facts
	known Known
}

// noticed says whether a rule departs from one of its fixtures.
func noticed(t *testing.T, d *templates.Definition, code string, f fixture, prepared []prepared) bool {
	i := 0
	for c, want := range f.all {
		facts := *prepared[i].facts
		facts.Definition = d
		found, o := about(t, code, &facts, prepared[i].known)
		i++
		if c.departure(t, want, f.Severity, found, o) != "" {
			return true
		}
	}
	return false
}
