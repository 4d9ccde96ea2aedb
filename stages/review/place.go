package review

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// place is one submission.
type place struct {
	ID         string       `json:"id"`
	Name       said         `json:"name"`
	City       said         `json:"city"`
	Facts      [][2]said    `json:"facts"` // label and value
	Economy    string       `json:"economy"`
	Industry   string       `json:"industry"`
	Tags       []tag        `json:"tags"`
	Verdict    string       `json:"verdict"`
	Ranked     bool         `json:"ranked"`
	Unranked   said         `json:"unranked"`
	Counted    bool         `json:"counted"` // the marks are in the total
	Rank       *int32       `json:"rank"`
	Total      float64      `json:"total"`
	Lower      float64      `json:"lower"`
	Upper      float64      `json:"upper"`
	Possible   float64      `json:"possible"`
	Deduction  float64      `json:"deduction"`
	Parts      [3]float64   `json:"parts"`      // 已有基础, 建设承诺, 专家
	Indicators []float64    `json:"indicators"` // points
	Line       string       `json:"line"`
	Firm       string       `json:"firm"`
	Reach      string       `json:"reach"`   // ranks over drawn weights
	Chances    [4]*float64  `json:"chances"` // of the first 3, 4, 5, and as many as are to be chosen
	Ranges     [][2]string  `json:"ranges"`
	Reasons    []said       `json:"reasons"`
	Decides    []said       `json:"decides"` // what would settle it
	Points     []scored     `json:"points"`
	Evidence   []measured   `json:"evidence"`
	Series     []course     `json:"series"`
	Texts      []passage    `json:"texts"`
	Findings   []flag       `json:"findings"`
	Materials  [][3]said    `json:"materials"` // title, what it supports, pages
	Verified   [][4]said    `json:"verified"`  // what, by what means, by whom, with what result
	Opinions   []assessment `json:"opinions"`
	Questions  [][2]said    `json:"questions"`
	File       said         `json:"file"`
	Copy       string       `json:"copy"` // link to the annotated copy; empty: none
}

type (
	// tag is something to be known at a glance.
	tag struct {
		Word string `json:"word"`
		Why  said   `json:"why"`
		Tone string `json:"tone"` // bad, caution, info
	}
	// scored is one point: Value and Free repeat the total, see package score.
	scored struct {
		Value  *float64 `json:"value"`
		Free   float64  `json:"free"`   // share of the weight that counts as things stand
		There  float64  `json:"there"`  // share of the evidence that counts
		Points *float64 `json:"points"` // earned
		Status string   `json:"status"`
		Note   said     `json:"note"`
		Doubt  bool     `json:"doubt"` // a figure of it has an open finding: it wins no comparison
	}
	measured struct {
		Raw    *float64 `json:"raw"`
		Points *float64 `json:"points"`
		Cells  string   `json:"cells"`
		Note   said     `json:"note"`
	}
	course struct {
		Values []*float64     `json:"values"` // year by year
		Status []table.Status `json:"status"`
		Sheet  said           `json:"sheet"`
		Cells  []string       `json:"cells"`
	}
	passage struct {
		Label      string `json:"label"`
		Text       said   `json:"text"`
		Characters int32  `json:"characters"`
		Limit      int32  `json:"limit"` // 0: none
		Place      said   `json:"place"`
	}
	flag struct {
		State   string `json:"state"`
		Title   said   `json:"title"`
		Message said   `json:"message"`
		Answer  said   `json:"answer"`
		Place   said   `json:"place"`
	}
	// assessment is what the experts say of a point; who says what is not to be told.
	assessment struct {
		Label    string   `json:"label"`
		Low      *float64 `json:"low"`
		High     *float64 `json:"high"`
		Mark     *float64 `json:"mark"`
		Count    int      `json:"count"`
		Comments []said   `json:"comments"`
	}
)

// gathered are the rows of a submission, by its id.
type gathered struct {
	scores   map[string][]table.Score
	findings map[string][]table.Finding
	marks    map[string][]table.Mark
	promises map[string][]table.Growth
	checks   map[string][]table.Check
	lifts    map[string][]table.Lift
	forms    map[string]*table.Form
}

func by[T any](t table.Table[T], id func(T) string) map[string][]T {
	out := map[string][]T{}
	for row := range t.All() {
		out[id(row)] = append(out[id(row)], row)
	}
	return out
}

// places makes the rows of a ranking into what the page shows.
func (in Input) places(p *page, rows []table.Rank) []place {
	g := gathered{
		scores:   by(in.Ranking.Scores, func(x table.Score) string { return x.Submission }),
		findings: by(in.Judgement.Findings, func(x table.Finding) string { return x.Submission }),
		marks:    by(in.Ranking.Marks, func(x table.Mark) string { return x.Submission }),
		promises: by(in.Ranking.Credibility, func(x table.Growth) string { return x.Submission }),
		checks:   by(in.Ranking.Checklist, func(x table.Check) string { return x.Submission }),
		lifts:    by(in.Ranking.Lifts, func(x table.Lift) string { return x.Submission }),
		forms:    map[string]*table.Form{},
	}
	for f := range in.Facts.Forms {
		g.forms[f.Submission.Submission] = f
	}
	out := []place{}
	for _, r := range rows {
		out = append(out, in.place(p, g, r))
	}
	return out
}

func (in Input) place(p *page, g gathered, r table.Rank) place {
	form := g.forms[r.Submission]
	s := form.Submission
	x := place{
		ID: r.Submission, Name: said(cmp.Or(r.Consortium, r.Submission)), City: said(in.Facts.CityOf(s)),
		Verdict: r.Verdict, Ranked: r.Ranked, Unranked: said(r.Unranked),
		Counted: r.Complete, Rank: maybe(r.Rank), Total: r.Total, Lower: r.Lower, Upper: r.Upper,
		Possible: r.Possible, Deduction: r.Deduction.V,
		Parts: [3]float64{r.Foundation, r.Promise, r.Experts.V}, File: said(s.File),
		Copy: link(in.Returns[r.Submission]), Facts: in.facts(form),
	}
	x.Economy, x.Industry = in.kind(s)
	x.Tags = in.tags(r, s, g.findings[r.Submission])
	x.score(p, g.scores[r.Submission])
	in.entries(&x, p, form)
	in.judged(&x, r, g)
	if p.Complete {
		in.contest(&x, r, g)
		x.Opinions = in.assessments(g.marks[r.Submission], g.scores[r.Submission])
	}
	x.Questions = in.questions(r, g)
	return x
}

// facts are what the consortium is.
func (in Input) facts(form *table.Form) [][2]said {
	s, kinds := form.Submission, []string{}
	for _, k := range in.Definition.Form.Kinds {
		if n := form.Count(k.ID); n > 0 {
			kinds = append(kinds, fmt.Sprintf("%s%d", k.Label, n))
		}
	}
	name := in.Definition.Label
	out := [][2]said{{said(name("park")), said(s.Park)}, {said(name("lead_school")), said(s.LeadSchool)},
		{said(name("lead_enterprise")), said(s.LeadEnterprise)}}
	for _, f := range in.Definition.Form.Metrics() {
		if len(f.Years) > 1 {
			continue
		}
		y, _ := in.Definition.Form.Year(f.Years[0])
		if m := form.Metric(f.ID, y.Year); m != nil && m.Value.Valid {
			asked := in.Definition.Name(templates.Ref{Field: f.ID, Year: y.Year})
			out = append(out, [2]said{said(asked), said(table.Plain(m.Value) + m.Unit)})
		}
	}
	members := fmt.Sprintf("%d家：%s", len(form.Members), strings.Join(kinds, "、"))
	return append(out, [2]said{said(in.Definition.Table("members").Label), said(members)})
}

// link is a path as a page refers to it.
func link(path string) string {
	if path == "" {
		return ""
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// kind is which economy and which industry the directory puts a consortium under; empty where it puts it under none.
func (in Input) kind(s table.Submission) (economy, industry string) {
	if entry, pair, ok := in.Definition.Directory.ByConsortium(s.Consortium); ok {
		return cmp.Or(pair.Economy, entry.Economy), cmp.Or(pair.Industry, entry.Industry)
	}
	return "", ""
}

// tags are what must be known at a glance.
func (in Input) tags(r table.Rank, s table.Submission, findings []table.Finding) []tag {
	var out []tag
	if r.Vetoes.V > 0 {
		out = append(out, tag{"否决", said(fmt.Sprintf("%d名专家提议不予立项。%s", r.Vetoes.V, r.Proposals)), "bad"})
	} else if r.Pending {
		out = append(out, tag{"待认定", said(r.Proposals), "caution"})
	}
	switch r.Verdict {
	case string(model.Return):
		out = append(out, tag{"退回", said(r.Unranked), "bad"})
	case string(model.AskFirst):
		out = append(out, tag{r.Verdict, "还有没有说明的问题", "caution"})
	}
	for _, x := range findings {
		if in.Definition.Rule(x.Code).Check == "near_text" {
			out = append(out, tag{"雷同", said(x.Message), "caution"})
			break
		}
	}
	_, selected := in.Register.Find(templates.Selects, table.ConsortiumKey(s))
	if s.National || selected {
		out = append(out, tag{"已入选", said(r.Unranked), "info"})
	}
	if !s.DirectoryNo.Valid {
		out = append(out, tag{"目录外", "名称不在指导目录", "info"})
	}
	if r.Waiting {
		out = append(out, tag{"待评", "评分之后才有的申报，评分还不够", "info"})
	}
	if r.Rank.Valid && r.Tied {
		out = append(out, tag{"并列", "得分相同", "info"})
	}
	return out
}

// score fills in points and evidence, parallel to the page's.
func (x *place) score(p *page, rows []table.Score) {
	points, items := map[string]table.Score{}, map[[2]string]table.Score{}
	doubt, left, all := map[string]bool{}, map[string]float64{}, map[string]float64{} // of the evidence of a point, by weight
	for _, s := range rows {
		if s.Evidence == "" {
			points[s.Point] = s
			continue
		}
		items[[2]string{s.Point, s.Evidence}] = s
		all[s.Point] += s.Weight
		doubt[s.Point] = doubt[s.Point] || s.Doubt != "" && s.Weight > 0
		if s.Normalised.Valid {
			left[s.Point] += s.Weight
		}
	}
	x.Indicators = make([]float64, len(p.Indicators))
	for _, c := range p.Points {
		s := points[c.ID]
		there := 1.0
		if all[c.ID] > 0 {
			there = left[c.ID] / all[c.ID]
		}
		out := scored{Value: maybe(s.Value), There: there, Points: maybe(s.Points), Status: s.Status, Note: said(s.Note), Doubt: doubt[c.ID]}
		if s.Weight > 0 {
			out.Free = (s.Weight - s.Open) / s.Weight
		}
		x.Points = append(x.Points, out)
		x.Indicators[c.Indicator] += s.Points.V
	}
	for _, e := range p.Evidence {
		s := items[[2]string{p.Points[e.Point].ID, e.ID}]
		x.Evidence = append(x.Evidence, measured{maybe(s.Raw), maybe(s.Points), s.Cells, said(strings.TrimSpace(s.Doubt + " " + s.Note))})
	}
}

// entries are what was filled in.
func (in Input) entries(x *place, p *page, form *table.Form) {
	for _, f := range series(in.Definition) {
		c := course{}
		for _, y := range p.Years {
			m := form.Metric(f.ID, y.Year)
			if m == nil {
				c.Values, c.Status, c.Cells = append(c.Values, nil), append(c.Status, ""), append(c.Cells, "")
				continue
			}
			c.Values, c.Status = append(c.Values, maybe(m.Value)), append(c.Status, m.Status)
			c.Cells, c.Sheet = append(c.Cells, m.Cell), said(m.Sheet)
		}
		x.Series = append(x.Series, c)
	}
	for _, t := range form.Texts {
		asked := in.Definition.Name(templates.Ref{Field: t.Field, Year: int(t.Year.V)})
		x.Texts = append(x.Texts, passage{asked, said(t.Text), t.Characters, t.Limit.V, said(t.Sheet + "!" + t.Cell)})
	}
	for _, m := range form.Materials {
		x.Materials = append(x.Materials, [3]said{said(m.Title), said(m.Supports), said(m.Pages)})
	}
	for _, v := range form.Verifications {
		x.Verified = append(x.Verified, [4]said{said(v.Section), said(v.Means), said(v.Unit), said(v.Result)})
	}
}

// assessments are the experts' marks point by point, with comments in an order that says nothing of whose they are.
func (in Input) assessments(marks []table.Mark, scores []table.Score) []assessment {
	var out []assessment
	for _, c := range in.Definition.Rubric.Points() {
		a := assessment{Label: c.Full()}
		for _, m := range marks {
			counted := m.Status == table.MarkCounted || m.Status == table.MarkDropped
			if m.Point != c.ID || !counted || !m.Value.Valid || c.Deduction && m.Value.V == 0 {
				continue
			}
			v := m.Value.V
			if a.Count++; a.Low == nil || v < *a.Low {
				a.Low = &v
			}
			if a.High == nil || v > *a.High {
				a.High = &v
			}
			a.comment(m)
		}
		for _, s := range scores {
			if s.Point == c.ID && s.Evidence == "" && !c.Deduction {
				a.Mark = maybe(s.Mark)
			}
		}
		if a.Count > 0 {
			out = append(out, a)
		}
	}
	veto := assessment{Label: "提议不予立项"}
	for _, m := range marks {
		if m.Kind == table.MarkVeto && m.Value.V > 0 {
			veto.Count++
			veto.comment(m)
		}
	}
	if veto.Count > 0 {
		out = append(out, veto)
	}
	return out
}

// comment keeps what an expert wrote, in the order of the words.
func (a *assessment) comment(m table.Mark) {
	if m.Comment != "" {
		at, _ := slices.BinarySearch(a.Comments, said(m.Comment))
		a.Comments = slices.Insert(a.Comments, at, said(m.Comment))
	}
}
