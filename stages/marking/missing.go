package marking

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// roll knows who has marked what, and who can't.
type roll struct {
	rubric   *templates.Rubric
	known    submissions
	counted  map[[2]string][]string // experts, by submission and point
	conflict map[[2]string]bool     // by expert and submission
	part     int32                  // the highest number of a supplementary workbook that came back
}

func newRoll(facts *table.Facts, marking table.Marking) *roll {
	r := &roll{facts.Definition.Rubric, newSubmissions(facts), map[[2]string][]string{}, map[[2]string]bool{}, 0}
	for m := range marking.Marks.All() {
		r.part = max(r.part, m.Supplement)
		switch {
		case m.Status == table.MarkConflict:
			r.conflict[[2]string{m.Expert, m.Submission}] = true
		case m.Status == table.MarkCounted && m.Kind != table.MarkVeto:
			at := [2]string{m.Submission, m.Point}
			r.counted[at] = append(r.counted[at], m.Expert)
		}
	}
	return r
}

// may says whether an expert can mark a point of a submission: it is the expert's, and there is no conflict of interest.
func (r *roll) may(a Assignment, submission string, p *templates.Point) bool {
	return a.marks(p) && !r.conflict[[2]string{a.Expert, submission}] && (a.Unit == "" || !r.known.belongs(a.Unit, submission))
}

// Supplements gives each expert of the list what is still to be marked, as a supplementary workbook: of each point of each submission so many
// marks as the best marked submission has, and the least number at any rate. Whoever has marked something is not asked again.
func Supplements(facts *table.Facts, marking table.Marking, subjects []Subject, list []Assignment) []Assignment {
	r := newRoll(facts, marking)
	only := make([]map[string][]string, len(list))
	for _, p := range Marked(r.rubric) {
		wanted := r.rubric.Experts.Least
		for _, s := range subjects {
			wanted = max(wanted, len(r.counted[[2]string{s.Submission.Submission, p.ID}]))
		}
		for _, s := range subjects {
			id := s.Submission.Submission
			have := r.counted[[2]string{id, p.ID}]
			lacking := wanted - len(have)
			for i, a := range list {
				if lacking <= 0 || slices.Contains(have, a.Expert) || !r.may(a, id, p) {
					continue
				}
				if only[i] == nil {
					only[i] = map[string][]string{}
				}
				only[i][id] = append(only[i][id], p.ID)
				lacking--
			}
		}
	}
	var out []Assignment
	for i, a := range list {
		if only[i] != nil {
			a.Part, a.Only = int(r.part)+1, only[i]
			out = append(out, a)
		}
	}
	return out
}

// Short says where the least number of marks can't be reached with these experts, their units and the recusals known so far.
func Short(facts *table.Facts, marking table.Marking, subjects []Subject, list []Assignment) []string {
	r := newRoll(facts, marking)
	var out []string
	for _, s := range subjects {
		id := s.Submission.Submission
		lacking := map[int][]string{} // points, by how many marks there can be
		for _, p := range Marked(r.rubric) {
			have := slices.Clone(r.counted[[2]string{id, p.ID}])
			for _, a := range list {
				if !slices.Contains(have, a.Expert) && r.may(a, id, p) {
					have = append(have, a.Expert)
				}
			}
			if len(have) < r.rubric.Experts.Least {
				lacking[len(have)] = append(lacking[len(have)], p.ID)
			}
		}
		for n := range r.rubric.Experts.Least {
			if points := lacking[n]; points != nil {
				out = append(out, fmt.Sprintf("%s（%s）的观测点%s最多只能有%d个评分，不到%d个，评不齐：请增加没有利害关系的专家",
					s.Submission.Consortium, id, strings.Join(points, "、"), n, r.rubric.Experts.Least))
			}
		}
	}
	return out
}
