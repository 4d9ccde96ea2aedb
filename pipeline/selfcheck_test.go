package pipeline

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// What the 自检 sheet tells a prefecture's officer of a workbook filled as people fill it, planted faults and all, is what the
// Department's run says of it: rule by rule, recalculated by a spreadsheet program. A sheet can't read 12万: of a value that the
// engine had to interpret it may say that it can't tell, and nothing else.

// sheetWords are the words of the sheet for the engine's outcomes.
var sheetWords = map[string]model.Outcome{"通过": model.Pass, "未通过": model.Fail, "不适用": model.NotApplicable, "未填": model.NotRun, undecidable: model.NotRun}

const undecidable = "无法判断"

func TestSelfCheckOfTheSamplesIsTheEngines(t *testing.T) {
	programs.OnlyInCI(t) // LibreOffice calculates
	b := must.Get(batch())(t)
	sources := must.Get(intake.Discover([]string{samplesDir}))(t)
	said := map[string][]table.Outcome{}
	for o := range b.judgement.Outcomes.All() {
		if b.d.Rule(o.Code).Sheet == "" {
			said[o.Submission] = append(said[o.Submission], o)
		}
	}
	interpreted := map[string]map[templates.Ref]bool{}
	for c := range b.facts.Coercions.All() {
		if interpreted[c.Submission] == nil {
			interpreted[c.Submission] = map[templates.Ref]bool{}
		}
		interpreted[c.Submission][templates.Ref{Field: c.Field, Year: int(c.Year.V)}] = true
	}
	tested := slices.Sorted(maps.Keys(said))
	files := map[string]string{}
	for s := range b.facts.Submissions.All() {
		files[s.Submission] = s.File
	}
	open, dir := opener(sources, b.facts), t.TempDir()
	var paths []string
	for _, submission := range tested {
		data := must.Get(open(files[submission]))(t)
		paths = append(paths, filepath.Join(dir, submission+".xlsx"))
		must.Do(t, os.WriteFile(paths[len(paths)-1], data, 0o644))
	}
	recalculated := programs.Convert(t, "xlsx", paths...)
	for i, submission := range tested {
		was, is := selfCheck(t, paths[i]), selfCheck(t, filepath.Join(recalculated, submission+".xlsx"))
		for _, o := range said[submission] {
			if was[o.Code] != is[o.Code] {
				t.Errorf("%s %s: written %q, recalculated %q", submission, o.Code, was[o.Code], is[o.Code])
			}
			if sheetWords[is[o.Code]] != o.Outcome && !(is[o.Code] == undecidable && asksFor(b.d.Rule(o.Code), interpreted[submission])) {
				t.Errorf("%s %s: the sheet says %q, the engine %s %s", submission, o.Code, is[o.Code], o.Outcome, o.Reason)
			}
		}
	}
}

// asksFor says whether a rule looks at one of these values.
func asksFor(r *templates.Rule, values map[templates.Ref]bool) bool {
	return slices.ContainsFunc(r.Cases, func(c templates.Case) bool {
		var refs []templates.Ref
		for _, e := range []*templates.Expression{c.When, c.Expr} {
			if e != nil {
				refs = append(refs, e.Refs...)
			}
		}
		if c.Field != nil {
			refs = append(refs, templates.Ref{Field: c.Field.ID, Year: c.Year.Year})
		}
		if c.Field == nil && len(refs) == 0 { // a rule about every value of the form
			return len(values) > 0
		}
		return slices.ContainsFunc(refs, func(ref templates.Ref) bool {
			return slices.ContainsFunc(slices.Collect(maps.Keys(values)), func(v templates.Ref) bool {
				return v.Field == ref.Field && (ref.Year == 0 || v.Year == ref.Year)
			})
		})
	})
}

func selfCheck(t *testing.T, path string) map[string]string {
	t.Helper()
	data := must.Get(os.ReadFile(path))(t)
	return programs.SelfCheck(t, data)
}
