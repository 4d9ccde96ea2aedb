package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

type series struct {
	Submission string `col:"submission"`
	Indicator  string `col:"indicator"`
	Group      string `col:"group"`
	Unit       string `col:"unit"`
	form       *table.Form
	field      *templates.Field
}

func (s series) value(year int) *table.Metric { return s.form.Metric(s.field.ID, year) }

func (w *workbook) series() ([]series, list.Words) {
	var out []series
	for _, e := range w.entries {
		for _, f := range w.Definition.Form.Metrics() {
			out = append(out, series{e.id(), f.ID, f.Group, f.Unit, e.form, f})
		}
	}
	return out, nil
}

// year gives the number of a year by its id.
func (w *workbook) year(id string) int {
	y, _ := w.Definition.Form.Year(id)
	return y.Year
}

// place is where a series stands in its workbook: the cells from the first year to the last.
func (s series) place() (p model.Place) {
	for _, m := range s.form.Metrics {
		if m.Indicator != s.field.ID {
			continue
		}
		first, _, _ := strings.Cut(p.Cell, ":")
		if p.Sheet, p.Cell = m.Sheet, m.Cell; first != "" && first != m.Cell {
			p.Cell = first + ":" + m.Cell
		}
	}
	return p
}

func (w *workbook) seriesPlace(s series) book.Cell {
	p := s.place()
	c := w.placed(s.Submission, p.Sheet, p.Cell)
	c.Value = p.String()
	return c
}

type city struct {
	name   string
	counts []int // as cityCounts
	sums   map[templates.Ref]float64
	total  bool
}

// cityCount is a count of a prefecture: of a submission, and what of 附录 counts it.
type cityCount struct {
	head string
	of   func(e entry) int
	in   func(name string) string
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

// cityCounts are the columns of counts, of 地市汇总 and of the officers' sheets alike: listed = selected + expected, and
// expected = filed + untranscribed + lacking; filed + besides is what there is.
func (w *workbook) cityCounts() []cityCount {
	count := func(head, sheet, column, says string, of func(entry) int) cityCount {
		return cityCount{head, of, func(name string) string { return w.countOf(sheet, name, column, says) }}
	}
	out := []cityCount{{head: "目录"}, {head: "已入选"}, {head: "应报"}, {head: "已报"}, {head: "待转录"}, {head: "未报"},
		{head: "另报"}, count("申报", "submissions", "", "", func(entry) int { return 1 })}
	for _, v := range []model.Verdict{model.Accept, model.AskFirst, model.Return} {
		is := func(e entry) int { return one(e.Verdict.Verdict == v) }
		out = append(out, count(string(v), "submissions", "verdict", string(v), is))
	}
	out = append(out, count("成员单位", "members", "", "", func(e entry) int { return len(e.form.Members) }))
	return append(out, w.kindCount("其中学校", func(k *templates.MemberKind) bool { return k.School }),
		w.kindCount("其中企业", func(k *templates.MemberKind) bool { return k.ID == "enterprise" }))
}

func (w *workbook) kindCount(head string, counts func(*templates.MemberKind) bool) cityCount {
	var ids, labels []string
	for _, k := range w.Definition.Form.Kinds {
		if counts(&k) {
			ids, labels = append(ids, k.ID), append(labels, k.Label)
		}
	}
	count := func(e entry) (n int) {
		for _, id := range ids {
			n += e.form.Count(id)
		}
		return n
	}
	return cityCount{head, count, func(name string) string {
		each := func(label string) string { return w.countOf("members", name, "kind_of", label) }
		return strings.Join(table.Each(labels, each), "+")
	}}
}

// countOf counts the rows of a sheet that belong to the prefecture named in a cell and, where there is a column, say a
// word there.
func (w *workbook) countOf(sheet, name, column, says string) string {
	p, also := w.planned(sheet), ""
	if column != "" {
		also = "," + p.Area(column) + "," + book.Quote(says)
	}
	return fmt.Sprintf("COUNTIFS(%s,%s%s)", p.Area("belongs"), name, also)
}

// tally counts by prefecture, in the order of the directory; submissions of no known prefecture come last.
func (w *workbook) tally() []city {
	out, columns := []city{}, w.cityCounts()
	at := func(name string) *city {
		i := slices.IndexFunc(out, func(c city) bool { return c.name == name })
		if i < 0 {
			i = len(out)
			out = append(out, city{name: name, counts: make([]int, len(columns)), sums: map[templates.Ref]float64{}})
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
	for _, e := range w.entries {
		c := at(w.Facts.CityOf(e.Submission))
		if !e.DirectoryNo.Valid || !due[e.DirectoryNo.V] {
			c.counts[besides]++
		}
		for i, x := range columns {
			if x.of != nil {
				c.counts[i] += x.of(e)
			}
		}
		for _, m := range e.form.Metrics {
			if m.Value.Valid && m.Status == table.Normal {
				c.sums[templates.Ref{Field: m.Indicator, Year: int(m.Year)}] += m.Value.V
			}
		}
	}
	return out
}

func (w *workbook) withTotal(lines []city) []city {
	all := city{"合计", make([]int, len(w.cityCounts())), map[templates.Ref]float64{}, true}
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
func inTotal(r list.Row, c book.Cell, key string) book.Cell {
	if r.Value.(city).total {
		col := r.List.Col(key)
		c.Look = book.Sum
		c.Formula = fmt.Sprintf("SUM(%s:%s)", model.CellName(r.List.First(), col), model.CellName(r.At-1, col))
	}
	return c
}

// counts are the counts by prefecture; all that stand in rows of this book are formulas.
func (w *workbook) counts(*list.List) []list.Column {
	var out []list.Column
	for i, x := range w.cityCounts() {
		out = append(out, list.Column{Key: x.head, Head: x.head, Cell: func(r list.Row) book.Cell {
			cell := count(r.Value.(city).counts[i])
			switch name := r.Cell("city_name"); {
			case !w.live:
			case x.in != nil:
				cell.Formula = x.in(name)
			case (i == lacking || i == untranscribed) && w.planned("missing").Len > 0:
				p, state := w.planned("missing"), map[int]string{lacking: unreportedState, untranscribed: untranscribedState}
				cell.Formula = fmt.Sprintf("COUNTIFS(%s,%s,%s,%s)", p.Area("city"), name, p.Area("state"),
					book.Quote(state[i]+"*"))
			}
			return inTotal(r, cell, x.head)
		}})
	}
	return out
}

// citySums are the sums by prefecture: the headline figures of the last actual and the last promised year, and the
// funding.
func (w *workbook) citySums(*list.List) []list.Column {
	var out []list.Column
	add := func(f *templates.Field, id string) {
		y, _ := w.Definition.Form.Year(id)
		ref := templates.Ref{Field: f.ID, Year: y.Year}
		c := list.Column{Key: f.ID + id, Head: fmt.Sprintf("%s\n%s%s\n%s", w.Definition.Label(f.ID), y.Label, y.Tag, f.Unit)}
		c.Style.Look = yearHead(y, "").Look
		c.Cell = func(r list.Row) book.Cell {
			cell := number(round(r.Value.(city).sums[ref]))
			if w.live {
				p, label := w.planned("metrics"), book.Quote(w.Definition.Label(f.ID))
				cell.Formula = fmt.Sprintf("ROUND(SUMIFS(%s,%s,%s,%s,%s),10)", p.Area(yearKey(y.Year)),
					p.Area("belongs"), r.Cell("city_name"), p.Area("indicator"), label)
			}
			return inTotal(r, cell, c.Key)
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
