package score

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Moving less weight than the certificate says changes nobody inside the line, however it is moved; moving it as it says makes level.
//  2. With the needed cells of the checklist confirmed, no combination of the others at their worst and of the outsiders' guesses at
//     their best changes who is inside; with the last needed one of a submission left out, one does.
//  3. Before all marks are in, neither says anything.

// inside lists who stands before the line by totals.
func inside(ranked []*entrant, k int, at func(*entrant) float64) []string {
	order := slices.Clone(ranked)
	slices.SortFunc(order, func(a, b *entrant) int {
		switch {
		case at(a) > at(b):
			return -1
		case at(a) < at(b):
			return 1
		}
		return strings.Compare(a.submission.Submission, b.submission.Submission)
	})
	var out []string
	for _, e := range order[:k] {
		out = append(out, e.submission.Submission)
	}
	slices.Sort(out)
	return out
}

// assessed is a batch with marks, as far as its ranks.
func assessed(t *testing.T, seed uint64, findings []table.Finding) (*scoredBatch, []*entrant, *table.Facts, *table.Judgement) {
	t.Helper()
	d := definition(t)
	facts, judgement := tables(d, allRanked(d, 8, seed))
	marking := markingOf(marksOf(d, allRanked(d, 8, seed), 3, func(x int, s, p string) float64 {
		return float64((x*7 + int(s[len(s)-1])*13 + len(p)*5 + int(p[0])*11) % 100)
	}))
	if findings != nil {
		judgement.Findings = table.Of(findings)
	}
	f, err := scoreBatch(&table.Round{Facts: facts, Judgement: judgement, Marking: marking}, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	assignRanks(f.ranked)
	return f, f.ranked, facts, judgement
}

// deducted is assessed with points off some totals, as the register decided.
func deducted(t *testing.T, seed uint64) (*scoredBatch, []*entrant) {
	f, ranked, _, _ := assessed(t, seed, nil)
	for i, e := range ranked {
		e.Deduction = table.Some(float64((i*int(seed+2))%4) / 2)
		e.Total -= e.Deduction.V
	}
	assignRanks(ranked)
	return f, ranked
}

// Requirements of a swap
//  1. With the weight as it says, the others scaled so that the sum stays, the two have the same total, deductions included.
//  2. No smaller change of any single weight does that; where it says that none does, none does.
//  3. The weight in words is on the side where the other is ahead.
func TestSwaps(t *testing.T) {
	const k = 3
	printed := regexp.MustCompile(`(?:提|降)到([0-9.]+)分以`)
	raised, lowered, never := 0, 0, 0
	for seed := range uint64(6) {
		f, ranked := deducted(t, seed)
		for _, a := range ranked {
			for _, b := range ranked {
				if !a.inside(k) || b.inside(k) {
					continue
				}
				lead := func(i int, weight float64) float64 {
					w := f.weights(true)
					change := weight - w[i]
					w[i] = weight
					for n := range w {
						w[n] *= 100 / (100 + change)
					}
					return weightedTotal(w, a.points) - weightedTotal(w, b.points) - a.Deduction.V + b.Deduction.V
				}
				s := f.newSwap(a, b)
				reach := 100.0 // how far no weight may go
				if s.Point == "" {
					never++
				} else {
					i := slices.IndexFunc(f.criteria, func(c criterion) bool { return c.ID == s.Point })
					reach = math.Abs(s.Needed.V - s.Weight.V)
					if s.Weight.V != f.criteria[i].weight || s.Needed.V < 0 || s.Needed.V > 100 || !near9(lead(i, s.Needed.V), 0) {
						t.Errorf("seed %d: %+v leaves a lead of %v", seed, s, lead(i, s.Needed.V))
					}
					if at := printed.FindStringSubmatch(s.Words); at != nil {
						weight, _ := strconv.ParseFloat(at[1], 64)
						if lead(i, weight) > 1e-9 || math.Abs(weight-s.Needed.V) > 0.01 {
							t.Errorf("seed %d: %s, and yet a lead of %v", seed, s.Words, lead(i, weight))
						}
					}
					if s.Needed.V > s.Weight.V {
						raised++
					} else {
						lowered++
					}
				}
				for i, c := range f.criteria {
					for n := -20; n <= 20 && c.weight > 0; n++ {
						if at := c.weight + reach*0.999*float64(n)/20; at >= 0 && at <= 100 && lead(i, at) < -1e-9 {
							t.Errorf("seed %d: %+v, and %s at %v leaves %v", seed, s, c.ID, at, lead(i, at))
						}
					}
				}
			}
		}
	}
	if raised == 0 || lowered == 0 || never == 0 {
		t.Errorf("%d raised, %d lowered, %d never: the test shows nothing", raised, lowered, never)
	}
}

func TestCertificate(t *testing.T) {
	const k = 3
	for seed := range uint64(3) {
		f, ranked := deducted(t, seed)
		got := f.certificate(ranked, k)
		if len(got) != 1 || got[0].Moved.V <= 0 {
			t.Fatalf("%+v", got)
		}
		base, radius := f.weights(f.complete), got[0].Moved.V
		was := inside(ranked, k, func(e *entrant) float64 { return e.Total })
		random, near := splitMix64(seed+1), 0
		for range 4000 { // at random, a little less than the radius
			at, moved := slices.Clone(base), 0.0
			for moved < radius*0.999 {
				from, to := random.index(len(at)), random.index(len(at))
				take := min(at[from], radius*0.999-moved, radius*random.uniform())
				if f.criteria[to].weight > 0 {
					at[from], at[to], moved = at[from]-take, at[to]+take, moved+take
				}
			}
			half := 0.0
			for i := range at {
				half += math.Abs(at[i]-base[i]) / 2
			}
			if half < radius {
				near++
			}
			if now := inside(ranked, k, func(e *entrant) float64 { return weightedTotal(at, e.points) - e.Deduction.V }); half < radius && !slices.Equal(now, was) {
				t.Fatalf("seed %d: %v points moved of %v, and %v are inside", seed, half, radius, now)
			}
		}
		if near == 0 {
			t.Error("nothing was tried")
		}
		for _, c := range got {
			a, b := ranked[slices.IndexFunc(ranked, func(e *entrant) bool { return e.submission.Submission == c.Inside })],
				ranked[slices.IndexFunc(ranked, func(e *entrant) bool { return e.submission.Submission == c.Outside })]
			if !a.inside(k) || b.inside(k) || !near9(c.Gap, a.Total-b.Total) {
				t.Errorf("%+v", c)
			}
		}
		f.complete = false
		if f.certificate(ranked, k) != nil {
			t.Error("a certificate before all marks are in")
		}
	}
}

func near9(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// TestDoubtsOfOtherYears: a promise that sinks from one year to the next says nothing against the figure that counts, and a member more or
// less nothing where one of its kind is enough.
func TestDoubtsOfOtherYears(t *testing.T) {
	id := "2024-01"
	_, _, facts, _ := assessed(t, 1, nil)
	at, member := map[int]string{}, table.Member{}
	for form := range facts.Forms {
		if form.Submission.Submission == id {
			for _, year := range []int{2023, 2024} {
				p := form.Observe(templates.Ref{Field: "training_bases", Year: year}).Place
				at[year] = p.Sheet + "!" + p.Cell
			}
			member = form.Members[slices.IndexFunc(form.Members, func(s table.Member) bool { return s.Kind == "enterprise" })]
		}
	}
	for places, want := range map[string]bool{at[2024]: false, at[2024] + "; " + at[2023]: true, "": true} {
		f, ranked, _, _ := assessed(t, 1, []table.Finding{{Submission: id, Severity: model.Explain, Title: "承诺", Sheet: "s", Cell: "c", Fields: "training_bases", Places: places},
			{Submission: id, Severity: model.Explain, Title: "同一企业", Sheet: member.Sheet, Cell: member.Cell, Fields: "members_name", Places: member.Sheet + "!" + member.Cell}})
		for _, c := range f.checklist(ranked, len(ranked)) {
			if c.Field == "members_name" {
				t.Errorf("one enterprise of several: %+v", c)
			}
			want = want != (c.Field == "training_bases")
		}
		if want {
			t.Errorf("%q: the figure of 2023 is doubted, or is not", places)
		}
	}
}

func TestChecklist(t *testing.T) {
	const k = 3
	d := definition(t)
	var fields []string
	for _, p := range d.Rubric().Points() {
		for _, e := range p.Evidence {
			if refs := e.Expression.Refs; e.Counts() && len(refs) > 0 && !slices.Contains(fields, refs[0].Field) {
				fields = append(fields, refs[0].Field)
			}
		}
	}
	needed, spared := 0, 0
	for seed := range uint64(6) {
		var findings []table.Finding
		for i := 1; i <= 8; i++ {
			for n := range 4 {
				findings = append(findings, table.Finding{Submission: "2024-0" + string(rune('0'+i)), Severity: model.Explain, Title: "偏大", Sheet: "2年度数据", Cell: "E9",
					Fields: fields[(int(seed)*5+i*3+n*7)%len(fields)], Year: table.Some(int32(2023))})
			}
		}
		f, ranked, _, _ := assessed(t, seed, findings)
		rows := f.checklist(ranked, k)
		line := 0.0
		for _, e := range ranked {
			if !e.inside(k) {
				line = max(line, e.Total)
			}
		}
		for _, e := range ranked {
			if !e.inside(k) {
				continue
			}
			id := e.submission.Submission
			all := f.doubtfulCells(e)
			own := slices.DeleteFunc(slices.Clone(rows), func(c table.Check) bool { return c.Submission != id })
			must := 0
			for _, c := range own {
				if c.Needed {
					must++
				}
			}
			needed, spared = needed+must, spared+len(own)-must
			// By brute force: the worst of all combinations of what is not confirmed.
			worst := func(confirmed int) float64 {
				least := math.Inf(1)
				for bits := range 1 << (len(all) - confirmed) {
					var wrong []doubtfulCell
					for at, x := range all[confirmed:] {
						if bits&(1<<at) != 0 {
							wrong = append(wrong, x)
						}
					}
					least = min(least, f.totalWith(e, 0, evidenceOf(wrong)...))
				}
				return least
			}
			if must <= len(all) && table.Rounded(worst(must)) <= table.Rounded(line) || must > 0 && must <= len(all) && table.Rounded(worst(must-1)) > table.Rounded(line) {
				t.Errorf("seed %d, %s: %d of %d to confirm, %v and %v against %v", seed, id, must, len(all), worst(must), worst(max(0, must-1)), line)
			}
		}
		f.complete = false
		if slices.ContainsFunc(f.checklist(ranked, k), func(c table.Check) bool { return c.Needed }) {
			t.Error("something is settled before all marks are in")
		}
	}
	if needed == 0 || spared == 0 {
		t.Errorf("%d needed, %d not: the test shows nothing", needed, spared)
	}
	t.Logf("须核 %d 格，不核也定得下来 %d 格", needed, spared)
}
