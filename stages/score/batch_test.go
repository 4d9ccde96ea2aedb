package score

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// made is a made-up submission: the numbers of its form, by field and year, and its members.
type made struct {
	id      string
	numbers map[templates.Ref]float64 // what is not here is 未填
	status  map[templates.Ref]table.Status
	excused map[templates.Ref]bool // gaps that the register accepted
	members []table.Member
	verdict table.Verdict
}

// as is the same submission under another id.
func (m *made) as(id string) *made {
	c := *m
	c.id, c.verdict.Submission = id, id
	c.numbers, c.status, c.members = maps.Clone(m.numbers), maps.Clone(m.status), slices.Clone(m.members)
	c.excused = maps.Clone(m.excused)
	for i := range c.members {
		c.members[i].Submission = id
	}
	return &c
}

// fill gives every number of the form a value.
func fill(d *templates.Definition, id string, number func(f *templates.Field, year int) float64, members ...table.Member) *made {
	m := &made{id: id, numbers: map[templates.Ref]float64{}, status: map[templates.Ref]table.Status{}, excused: map[templates.Ref]bool{}, verdict: table.Verdict{Submission: id, Verdict: model.Accept, Ranked: true}}
	for _, s := range d.Layout().Slots() {
		if s.Field.Numeric() {
			m.numbers[templates.Ref{Field: s.Field.ID, Year: s.Year}] = number(s.Field, s.Year)
		}
	}
	for i, x := range members {
		x.Submission, x.Record, x.Sheet, x.Cell = id, int32(i+1), "成员名册", model.CellName(i+5, 2)
		m.members = append(m.members, x)
	}
	return m
}

// roster makes members: schools of 1,000 a piece, or as many as enrolled says.
func roster(secondary, vocational, undergraduate, government, enterprise, research int, enrolled float64) []table.Member {
	var out []table.Member
	add := func(kind string, n int, school bool) {
		for range n {
			x := table.Member{Kind: kind, Name: fmt.Sprintf("样例单位%d", len(out)+1)}
			if school {
				x.Enrolment = table.Some(enrolled)
			}
			out = append(out, x)
		}
	}
	add("secondary", secondary, true)
	add("vocational", vocational, true)
	add("undergraduate", undergraduate, true)
	add("government", government, false)
	add("enterprise", enterprise, false)
	add("research", research, false)
	return out
}

// random makes n submissions of varied size. One in about twenty numbers is missing where gaps is set, half of them with consent.
func random(d *templates.Definition, n int, seed uint64, gaps bool) []*made {
	r := rand.New(rand.NewPCG(seed, 7))
	var out []*made
	for i := range n {
		m := fill(d, fmt.Sprintf("2024-%02d", i+1), func(f *templates.Field, _ int) float64 {
			if f.Type == templates.PercentField {
				return float64(r.IntN(101))
			}
			return float64(r.IntN(40)) // small, so that there are ties and zeros
		}, roster(r.IntN(3), 1+r.IntN(3), r.IntN(2), r.IntN(2), 1+r.IntN(20), r.IntN(2), float64(500+r.IntN(20)*100))...)
		if gaps {
			for _, s := range d.Layout().Slots() {
				if ref := (templates.Ref{Field: s.Field.ID, Year: s.Year}); s.Field.Numeric() && r.IntN(20) == 0 {
					delete(m.numbers, ref)
					m.excused[ref] = r.IntN(2) == 0
				}
			}
		}
		m.verdict.Ranked = r.IntN(5) > 0
		if !m.verdict.Ranked {
			m.verdict.Verdict, m.verdict.Unranked = model.Return, "退回修改"
		}
		out = append(out, m)
	}
	return out
}

// tables makes the hand-offs that a run would make of the submissions.
func tables(d *templates.Definition, batch []*made) (*table.Facts, *table.Judgement) {
	var (
		submissions []table.Submission
		figures     []table.Figure
		metrics     []table.Metric
		members     []table.Member
		verdicts    []table.Verdict
		findings    []table.Finding
	)
	for _, m := range batch {
		submissions = append(submissions, table.Submission{Submission: m.id, City: "福州", Consortium: "样例联合体" + m.id, File: m.id + ".xlsx"})
		verdicts = append(verdicts, m.verdict)
		members = append(members, m.members...)
		for _, sheet := range d.Layout().Sheets {
			for _, s := range sheet.Slots {
				if !s.Field.Numeric() {
					continue
				}
				ref := templates.Ref{Field: s.Field.ID, Year: s.Year}
				number, there := m.numbers[ref]
				value, status := table.Opt[float64]{V: number, Valid: there}, table.Normal
				if !there {
					findings = append(findings, table.Finding{Code: "LHT-2-001", Submission: m.id, Fields: ref.Field, Year: table.Opt[int32]{V: int32(ref.Year), Valid: ref.Year > 0}, Accepted: m.excused[ref]})
					value, status = table.Opt[float64]{}, table.Missing
					if other, ok := m.status[ref]; ok {
						status = other
					}
				}
				cell := model.CellName(s.Row, s.Col)
				if s.Year == 0 {
					figures = append(figures, table.Figure{Submission: m.id, Field: ref.Field, Number: value, Status: status, Sheet: sheet.Sheet.Title, Cell: cell})
				} else {
					metrics = append(metrics, table.Metric{Submission: m.id, Indicator: ref.Field, Year: int32(ref.Year), Value: value, Status: status, Sheet: sheet.Sheet.Title, Cell: cell})
				}
			}
		}
	}
	return &table.Facts{
		Definition:  d,
		Submissions: table.Of(submissions),
		Figures:     table.Of(figures),
		Metrics:     table.Of(metrics),
		Members:     table.Of(members),
	}, &table.Judgement{Verdicts: table.Of(verdicts), Findings: table.Of(findings)}
}

// shipped loads the definition once: no test changes it.
var shipped = sync.OnceValues(func() (*templates.Definition, error) { return templates.Load(2024) })

func definition(t testing.TB) *templates.Definition {
	t.Helper()
	d, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// withBudget is the definition with another budget of draws.
func withBudget(t testing.TB, budget int) *templates.Definition {
	d, r := *definition(t), *definition(t).Rubric()
	r.Robustness.Budget = budget
	d.Rubric = func() *templates.Rubric { return &r }
	return &d
}

// result is a ranking as plain rows.
type result struct {
	scores  []table.Score
	ranking []table.Rank
	rows    map[[3]string]int // of scores, by submission, point and evidence
}

func run(t testing.TB, d *templates.Definition, batch []*made, o Options) result {
	t.Helper()
	facts, judgement := tables(d, batch)
	got, err := Run(facts, judgement, table.Marking{}, o)
	if err != nil {
		t.Fatal(err)
	}
	r := result{slices.Collect(got.Scores.All()), slices.Collect(got.Ranking.All()), map[[3]string]int{}}
	for i, s := range r.scores {
		r.rows[[3]string{s.Submission, s.Point, s.Evidence}] = i
	}
	return r
}

// of gives the ranking row of a submission.
func (r result) of(t testing.TB, id string) table.Rank {
	t.Helper()
	for _, k := range r.ranking {
		if k.Submission == id {
			return k
		}
	}
	t.Fatalf("%s is not in the ranking", id)
	return table.Rank{}
}

// row gives the score row of a submission's evidence, or of a point where evidence is empty.
func (r result) row(t testing.TB, id, point, evidence string) table.Score {
	t.Helper()
	i, ok := r.rows[[3]string{id, point, evidence}]
	if !ok {
		t.Fatalf("no score of %s %s %s", id, point, evidence)
	}
	return r.scores[i]
}
