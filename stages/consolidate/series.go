package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// series is one metric of one submission over the years.
type series struct {
	Submission string `col:"submission"`
	Indicator  string `col:"indicator"`
	Group      string `col:"group"`
	Unit       string `col:"unit"`
	form       *table.Form
	field      *templates.Field
}

// value gives the row of a year; nil where the metric has no such year.
func (s series) value(year int) *table.Metric { return s.form.Metric(s.field.ID, year) }

// series lists every metric of every submission.
func (w *workbook) series() ([]series, words) {
	var out []series
	for _, e := range w.entries {
		for _, f := range w.Definition.Form.Metrics() {
			out = append(out, series{e.id(), f.ID, f.Group, f.Unit, e.form, f})
		}
	}
	return out, words{}
}

// year gives the number of a year by its id.
func (w *workbook) year(id string) int {
	y, _ := w.Definition.Form.Year(id)
	return y.Year
}

// place is where a series stands in its workbook: the cells from the first year to the last.
func (s series) place() model.Place {
	var p model.Place
	first, last := "", ""
	for i := range s.form.Metrics {
		if m := &s.form.Metrics[i]; m.Indicator == s.field.ID {
			if first == "" {
				first = m.Cell
			}
			p.Sheet, last = m.Sheet, m.Cell
		}
	}
	if p.Cell = first; last != first {
		p.Cell += ":" + last
	}
	return p
}

func (w *workbook) seriesPlace(s series) book.Cell {
	p := s.place()
	c := w.placed(s.Submission, p.Sheet, p.Cell)
	c.Value = p.String()
	return c
}

// city is one prefecture's line.
type city struct {
	name     string
	counts   [len(cityCounts)]int
	sums     map[templates.Ref]float64
	total    bool
	at, last int // rows of the sheet, of a total
}

// cityCount is a count of a prefecture, and what of 附录 counts it.
type cityCount struct {
	head string
	of   func(w *workbook, e entry) int // of a submission
	in   func(w *workbook, name string) string
}

// Places of the counts that the definition and the directory say.
const (
	listed = iota // in the directory
	selected
	expected
	filed
	untranscribed
	lacking
	besides
)

// cityCounts are the columns of counts, of 地市汇总 and of the officers' sheets alike: listed = selected + expected, and expected = filed +
// untranscribed + lacking; filed + besides is what there is.
var cityCounts = [...]cityCount{
	{head: "目录"}, {head: "已入选"}, {head: "应报"}, {head: "已报"}, {head: "待转录"}, {head: "未报"}, {head: "另报"},
	{"申报", func(*workbook, entry) int { return 1 }, func(w *workbook, name string) string { return w.countOf("submissions", name, "", "") }},
	verdictCount(model.Accept), verdictCount(model.AskFirst), verdictCount(model.Return),
	{"成员单位", func(_ *workbook, e entry) int { return len(e.form.Members) }, func(w *workbook, name string) string { return w.countOf("members", name, "", "") }},
	{"其中学校", func(w *workbook, e entry) int { return w.kinds(e, true) }, func(w *workbook, name string) string { return w.countKinds(name, true) }},
	{"其中企业", func(w *workbook, e entry) int { return w.kinds(e, false) }, func(w *workbook, name string) string { return w.countKinds(name, false) }},
}

func verdictCount(v model.Verdict) cityCount {
	return cityCount{string(v), func(_ *workbook, e entry) int { return one(e.Verdict.Verdict == v) },
		func(w *workbook, name string) string { return w.countOf("submissions", name, "verdict", string(v)) }}
}

// counted says whether a kind of member is one of the schools, or of the enterprises.
func counted(k *templates.MemberKind, schools bool) bool {
	return schools && k.School || !schools && k.ID == "enterprise"
}

func (w *workbook) kinds(e entry, schools bool) int {
	n := 0
	for _, k := range w.Definition.Form.Kinds {
		if counted(&k, schools) {
			n += e.form.Count(k.ID)
		}
	}
	return n
}

func (w *workbook) countKinds(name string, schools bool) string {
	var parts []string
	for _, k := range w.Definition.Form.Kinds {
		if counted(&k, schools) {
			parts = append(parts, w.countOf("members", name, "kind_of", k.Label))
		}
	}
	return strings.Join(parts, "+")
}

// countOf counts the rows of a sheet that belong to the prefecture named in a cell and, where there is a column, say a word there.
func (w *workbook) countOf(sheet, name, column, says string) string {
	p, also := w.planned(sheet), ""
	if column != "" {
		also = "," + p.area(column) + "," + book.Quote(says)
	}
	return fmt.Sprintf("COUNTIFS(%s,%s%s)", p.area("belongs"), name, also)
}

// tally counts by prefecture, in the order of the directory; submissions of no known prefecture come last.
func (w *workbook) tally() []city {
	var out []city
	at := func(name string) *city {
		i := slices.IndexFunc(out, func(c city) bool { return c.name == name })
		if i < 0 {
			out = append(out, city{name: name, sums: map[templates.Ref]float64{}})
			i = len(out) - 1
		}
		return &out[i]
	}
	for _, c := range w.Definition.Directory.Cities {
		at(c.Name)
	}
	due := map[int32]bool{}
	for _, e := range w.Definition.Directory.Entries {
		c := at(e.City)
		c.counts[listed]++
		switch {
		case w.Register.Exempt(e) != "":
			c.counts[selected]++
			continue
		case w.reported(e):
			c.counts[filed]++
		case w.Untranscribed(e) != "":
			c.counts[untranscribed]++
		default:
			c.counts[lacking]++
		}
		c.counts[expected]++
		due[int32(e.No)] = true
	}
	fields := append(w.Definition.Form.About(templates.Headline), w.Definition.Form.About(templates.Funding)...)
	for _, e := range w.entries {
		c := at(w.Facts.CityOf(e.Submission))
		if !e.DirectoryNo.Valid || !due[e.DirectoryNo.V] {
			c.counts[besides]++
		}
		for i, x := range cityCounts {
			if x.of != nil {
				c.counts[i] += x.of(w, e)
			}
		}
		for _, m := range e.form.Metrics {
			if m.Value.Valid && m.Status == table.Normal && slices.ContainsFunc(fields, func(f *templates.Field) bool { return f.ID == m.Indicator }) {
				c.sums[templates.Ref{Field: m.Indicator, Year: int(m.Year)}] += m.Value.V
			}
		}
	}
	return out
}

// withTotal adds a line for all prefectures.
func (w *workbook) withTotal(lines []city) []city {
	all := city{name: "合计", total: true, sums: map[templates.Ref]float64{}, at: listFirst, last: listFirst + len(lines) - 1}
	for _, c := range lines {
		for i, n := range c.counts {
			all.counts[i] += n
		}
		for r, v := range c.sums {
			all.sums[r] += v
		}
	}
	return append(slices.Clone(lines), all)
}

// inTotal makes a cell of the last line a sum of those above it.
func (r row) inTotal(c book.Cell, key string) book.Cell {
	x := r.value.(city)
	if !x.total {
		return c
	}
	col := r.plan.col(key)
	c.Look, c.Formula = book.Sum, fmt.Sprintf("SUM(%s:%s)", model.CellName(x.at, col), model.CellName(x.last, col))
	return c
}

// counts are the counts by prefecture; all that stand in rows of this book are formulas.
func (w *workbook) counts(*plan) []planned {
	var out []planned
	for i, x := range cityCounts {
		out = append(out, planned{key: x.head, head: x.head, cell: func(r row) book.Cell {
			cell := count(r.value.(city).counts[i])
			switch name := r.cell("city_name"); {
			case !w.live:
			case x.in != nil:
				cell.Formula = x.in(w, name)
			case (i == lacking || i == untranscribed) && w.planned("missing").Len > 0:
				p, begins := w.planned("missing"), map[int]string{lacking: unreportedState, untranscribed: untranscribedState}[i]
				cell.Formula = fmt.Sprintf("COUNTIFS(%s,%s,%s,%s)", p.area("city"), name, p.area("state"), book.Quote(begins+"*"))
			}
			return r.inTotal(cell, x.head)
		}})
	}
	return out
}

// citySums are the sums by prefecture: the headline figures of the last actual and the last promised year, and the funding.
func (w *workbook) citySums(*plan) []planned {
	var out []planned
	add := func(f *templates.Field, id string) {
		y, _ := w.Definition.Form.Year(id)
		ref := templates.Ref{Field: f.ID, Year: y.Year}
		c := planned{key: f.ID + id, head: fmt.Sprintf("%s\n%s%s\n%s", w.Definition.Label(f.ID), y.Label, y.Tag, f.Unit)}
		c.style.Look = yearHead(y, "").Look
		c.cell = func(r row) book.Cell {
			cell := number(round(r.value.(city).sums[ref]))
			if w.live {
				p := w.planned("metrics")
				cell.Formula = fmt.Sprintf("ROUND(SUMIFS(%s,%s,%s,%s,%s),10)", p.area(yearKey(y.Year)), p.area("belongs"), r.cell("city_name"), p.area("indicator"), book.Quote(w.Definition.Label(f.ID)))
			}
			return r.inTotal(cell, c.key)
		}
		out = append(out, c)
	}
	for _, f := range w.Definition.Form.About(templates.Headline) {
		add(f, "last")
		add(f, "final")
	}
	for _, f := range w.Definition.Form.About(templates.Funding) {
		for _, id := range f.Years {
			add(f, id)
		}
	}
	return out
}
