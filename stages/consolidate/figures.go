package consolidate

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// series is one metric of one submission over the years.
type series struct {
	form  *table.Form
	field *templates.Field
	row   int // of the sheet
}

func (s series) submission() string { return s.form.Submission.Submission }

// value gives the row of a year; nil where the metric has no such year.
func (s series) value(year int) *table.Metric { return s.form.Metric(s.field.ID, year) }

// metrics is 年度数据: one row a submission and metric, the years side by side.
func (w *workbook) metrics(name string) error {
	fields := w.Definition.Form.Metrics()
	all := func(yield func(series) bool) {
		row := 2
		for form := range w.Facts.Forms {
			for _, f := range fields {
				if row++; !yield(series{form, f, row}) {
					return
				}
			}
		}
	}
	years := w.Definition.Form.Years
	columns := append(who(w, series.submission),
		belongs(w, series.submission),
		column[series]{Head: "类别", Width: 15, Cell: func(s series) book.Cell { return words(s.field.Group) }},
		column[series]{Head: w.head("metrics", "indicator"), Width: 32, Cell: func(s series) book.Cell { return words(w.Definition.Label(s.field.ID)) }},
		column[series]{Head: w.head("metrics", "unit"), Width: 8, Cell: func(s series) book.Cell { return centred(s.field.Unit) }},
	)
	first := len(columns) + 1
	for _, y := range years {
		columns = append(columns, w.yearColumn(y, func(s series) *table.Metric { return s.value(y.Year) }))
	}
	columns = append(columns, column[series]{Head: "走势", Width: 10, Style: book.Column{Spark: [2]int{first, first + len(years) - 1}},
		Cell: func(series) book.Cell { return book.Cell{Look: book.Plain} }})
	last, next := w.year("last"), w.year("first")
	columns = append(columns,
		w.growth(fmt.Sprintf("%d年比%d年", last, last-1), first, last-1, last),
		w.growth(fmt.Sprintf("%d年承诺比%d年", years[len(years)-1].Year, last), first, last, years[len(years)-1].Year),
		column[series]{Head: "位置", Width: 14, Cell: func(s series) book.Cell {
			p := s.place()
			c := w.placed(s.submission(), p.Sheet, strings.Split(p.Cell, ":")[0])
			c.Value = p.String()
			return c
		}},
	)
	remark := fmt.Sprintf("%d年起各栏（黄色）是承诺的建成数据。空白表示推荐书没有这一年度；未填、不适用、无法识别都不是0。增长一列：数量为百分比，比率为相差的百分点（点）。末列是数在原表的位置，退回的可点开标注件。", next)
	return rows(w, name, remark, 3, len(w.submissions)*len(fields), all, columns)
}

// year gives the number of a year by its id.
func (w *workbook) year(id string) int {
	y, _ := w.Definition.Form.Year(id)
	return y.Year
}

// yearColumn is the column of one year; figures that are promised stand on a ground of their own.
func (w *workbook) yearColumn(y templates.Year, of func(series) *table.Metric) column[series] {
	look := func(l book.Look) book.Look { return l }
	style := book.Column{Marks: w.absences()}
	if y.Kind == templates.Committed {
		style.Look = book.Promised
		look = func(l book.Look) book.Look { return "promised " + l }
	}
	return column[series]{Head: y.Label + "\n" + y.Tag, Width: 12, Style: style, Cell: func(s series) book.Cell {
		m := of(s)
		if m == nil {
			return book.Cell{Look: book.Plain}
		}
		c := w.figure(m.Value, m.Status)
		c.Look = look(c.Look)
		return c
	}}
}

// growth compares two years by a formula: in percent, or in points where the figure is a percentage itself.
func (w *workbook) growth(head string, firstColumn, from, to int) column[series] {
	years, base := w.Definition.Form.Years, w.Definition.Rubric.Credibility.Base // less has no growth in per cent
	at := func(year, row int) string { return model.CellName(row, firstColumn+year-years[0].Year) }
	return column[series]{Head: head, Width: 11, Style: book.Column{Heat: true}, Cell: func(s series) book.Cell {
		a, b := s.value(from), s.value(to)
		if a == nil || b == nil {
			return book.Cell{Look: book.Growth}
		}
		x, y := at(from, s.row), at(to, s.row)
		known := a.Value.Valid && b.Value.Valid
		if s.field.Type == templates.PercentField {
			c := book.Cell{Look: book.Change, Formula: fmt.Sprintf(`IF(AND(ISNUMBER(%s),ISNUMBER(%s)),ROUND(%s-%s,10),"")`, x, y, y, x), Value: ""}
			if known {
				c.Value = round(b.Value.V - a.Value.V)
			}
			return c
		}
		c := book.Cell{Look: book.Growth, Formula: fmt.Sprintf(`IF(AND(ISNUMBER(%s),ISNUMBER(%s)),IF(%s>=%s,ROUND(%s/%s-1,10),""),"")`, x, y, x, base, y, x), Value: ""}
		if known && a.Value.V >= base.InexactFloat64() {
			c.Value = round(b.Value.V/a.Value.V - 1)
		}
		return c
	}}
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

// funding is 经费.
func (w *workbook) funding(name string) error {
	columns := append(who(w, entryID), perEntry{Head: w.head("submissions", "verdict"), Width: 10, Style: book.Column{Marks: verdictMarks},
		Cell: func(e entry) book.Cell { return centred(string(e.Verdict.Verdict)) }})
	for _, f := range w.Definition.Form.About(templates.Funding) {
		for _, id := range f.Years {
			y, _ := w.Definition.Form.Year(id)
			columns = append(columns, perEntry{Head: fmt.Sprintf("%s\n%s\n%s", w.Definition.Label(f.ID), y.Label, f.Unit), Width: 14,
				Style: book.Column{Look: book.Promised, Marks: w.absences()}, Cell: func(e entry) book.Cell {
					m := e.form.Metric(f.ID, y.Year)
					if m == nil {
						return book.Cell{Look: book.Plain}
					}
					c := w.figure(m.Value, m.Status)
					c.Look = "promised " + c.Look
					return c
				}})
		}
	}
	return rows(w, name, "各数都是承诺数。来源各项应与总额相等，不等的见“问题清单”。各地市合计见“地市汇总”。", 3, len(w.submissions), w.entries, columns)
}

// total is the sum of a metric in a year over submissions, and how many of them have it.
type total struct {
	sum   float64
	given int
}

// sums adds up metrics over the submissions that belong: the sum of each field and year over those that gave a number.
func (w *workbook) sums(fields []*templates.Field, belongs func(table.Submission) bool) map[templates.Ref]total {
	wanted := map[string]bool{}
	for _, f := range fields {
		wanted[f.ID] = true
	}
	out := map[templates.Ref]total{}
	for m := range w.Facts.Metrics.All() {
		if !wanted[m.Indicator] || !m.Value.Valid || m.Status != table.Normal || !belongs(w.of(m.Submission)) {
			continue
		}
		r := templates.Ref{Field: m.Indicator, Year: int(m.Year)}
		t := out[r]
		out[r] = total{t.sum + m.Value.V, t.given + 1}
	}
	return out
}

// city is one prefecture's line.
type city struct {
	name                           string
	expected                       int // entries of the directory that should report
	filed, accepted, asked, backed int
	unreported                     int
	units, schools, enterprises    int
	sums                           map[templates.Ref]total
	row                            int
}

// tally counts by prefecture, in the order of the directory; submissions of no known prefecture come last.
func (w *workbook) tally() []city {
	var out []city
	for _, c := range w.Definition.Directory.Cities {
		out = append(out, city{name: c.Name})
	}
	at := func(name string) *city {
		i := slices.IndexFunc(out, func(c city) bool { return c.name == name })
		if i < 0 {
			out = append(out, city{name: name})
			i = len(out) - 1
		}
		return &out[i]
	}
	for _, e := range w.Definition.Directory.Entries {
		if w.exempt(e) != "" {
			continue
		}
		c := at(e.City)
		c.expected++
		if !w.reported(e) {
			c.unreported++
		}
	}
	for e := range w.entries {
		c := at(w.Facts.CityOf(e.Submission))
		c.filed++
		switch e.Verdict.Verdict {
		case model.Accept:
			c.accepted++
		case model.AskFirst:
			c.asked++
		case model.Return:
			c.backed++
		}
		c.units += len(e.form.Members)
		for _, k := range w.Definition.Form.Kinds {
			if k.School {
				c.schools += e.form.Count(k.ID)
			}
		}
		c.enterprises += e.form.Count("enterprise")
	}
	fields := append(w.Definition.Form.About(templates.Headline), w.Definition.Form.About(templates.Funding)...)
	for i := range out {
		out[i].row = i + 3
		out[i].sums = w.sums(fields, func(s table.Submission) bool { return w.Facts.CityOf(s) == out[i].name })
	}
	return out
}

// cityCount is a count of a prefecture, and the formula that counts it on the sheets of rows.
type cityCount struct {
	head    string
	of      func(city) int
	formula func(w *workbook, name string) string // name: the cell with the prefecture's name; nil: the definition says it
}

// cityCounts are the columns of counts, of 地市汇总 and of the first sheet alike.
var cityCounts = []cityCount{
	{"目录应报", func(c city) int { return c.expected }, nil},
	{"已报", func(c city) int { return c.filed }, func(w *workbook, name string) string { return w.countOf(name, sheetSubmissions, 0, "") }},
	{string(model.Accept), func(c city) int { return c.accepted }, verdictCount(model.Accept)},
	{string(model.AskFirst), func(c city) int { return c.asked }, verdictCount(model.AskFirst)},
	{string(model.Return), func(c city) int { return c.backed }, verdictCount(model.Return)},
	{"未报", func(c city) int { return c.unreported }, func(w *workbook, name string) string {
		return fmt.Sprintf("COUNTIFS(%s,%s)", rowsOf(sheetMissing, missingCity, len(w.unreported())), name)
	}},
}

func verdictCount(v model.Verdict) func(*workbook, string) string {
	return func(w *workbook, name string) string { return w.countOf(name, sheetSubmissions, verdictCol, string(v)) }
}

// memberCounts are the counts of member units.
var memberCounts = []cityCount{
	{"成员单位", func(c city) int { return c.units }, func(w *workbook, name string) string { return w.countOf(name, sheetMembers, 0, "") }},
	{"其中学校", func(c city) int { return c.schools }, func(w *workbook, name string) string {
		var parts []string
		for _, k := range w.Definition.Form.Kinds {
			if k.School {
				parts = append(parts, w.countOf(name, sheetMembers, kindCol, k.Label))
			}
		}
		return strings.Join(parts, "+")
	}},
	{"其中企业", func(c city) int { return c.enterprises }, func(w *workbook, name string) string {
		k, _ := w.Definition.Form.Kind("enterprise")
		return w.countOf(name, sheetMembers, kindCol, k.Label)
	}},
}

// countOf counts the rows of a sheet that belong to the prefecture named in a cell and, where col is not 0, say a word there.
func (w *workbook) countOf(name, sheet string, col int, says string) string {
	n := map[string]int{sheetSubmissions: len(w.submissions), sheetMembers: w.Facts.Members.Len()}[sheet]
	also := ""
	if col > 0 {
		also = "," + rowsOf(sheet, col, n) + "," + book.Quote(says)
	}
	return fmt.Sprintf("COUNTIFS(%s,%s%s)", rowsOf(sheet, belongsCol, n), name, also)
}

// sumOf adds a metric of a year up over the rows of 年度数据 that belong to the prefecture named in a cell.
func (w *workbook) sumOf(name string, r templates.Ref) string {
	n := len(w.submissions) * len(w.Definition.Form.Metrics())
	year := firstYear + r.Year - w.Definition.Form.Years[0].Year
	return fmt.Sprintf("ROUND(SUMIFS(%s,%s,%s,%s,%s),10)", rowsOf(sheetMetrics, year, n), rowsOf(sheetMetrics, belongsCol, n), name,
		rowsOf(sheetMetrics, metricCol, n), book.Quote(w.Definition.Label(r.Field)))
}

// rowsOf is a column of a sheet of rows with a remark over its header.
func rowsOf(sheet string, col, n int) string { return book.Absolute(sheet, 3, col, max(n, 2)+2, col) }

// cities is 地市汇总: counts and sums by prefecture, the last line their total.
func (w *workbook) cities(name string) error {
	lines := w.tally()
	columns := []column[city]{{Head: w.head("submissions", "city"), Width: 10, Cell: func(c city) book.Cell { return centred(c.name) }}}
	named := func(c city) string { return "$" + model.CellName(c.row, 1) }
	for _, x := range slices.Concat(cityCounts, memberCounts) {
		columns = append(columns, column[city]{Head: x.head, Width: 9, Cell: func(c city) book.Cell {
			cell := count(int32(x.of(c)))
			if x.formula != nil && w.live {
				cell.Formula = x.formula(w, named(c))
			}
			return cell
		}})
	}
	for _, s := range w.cityFigures() {
		columns = append(columns, column[city]{Head: s.head, Width: 13, Style: book.Column{Look: s.look}, Cell: func(c city) book.Cell {
			cell := number(round(c.sums[s.ref].sum))
			if w.live {
				cell.Formula = w.sumOf(named(c), s.ref)
			}
			return cell
		}})
	}
	remark := "目录内的联合体按目录所列地市、目录外的按封面的推荐地市合计（各表的“汇总地市”）；未填、不适用、无法识别的数不计入。除目录应报外都是公式，从“申报一览”“成员单位”“年度数据”“未报清单”数出、加出；末行是各地市之和。"
	return rows(w, name, remark, 1, len(lines)+1, w.withTotal(lines), totalled(columns, len(lines)))
}

// cityFigure is one sum of 地市汇总.
type cityFigure struct {
	head string
	ref  templates.Ref
	look book.Look
}

// cityFigures lists the sums: the headline figures of the last actual and the last promised year, and the funding.
func (w *workbook) cityFigures() []cityFigure {
	var out []cityFigure
	add := func(f *templates.Field, y templates.Year) {
		c := cityFigure{head: fmt.Sprintf("%s\n%s%s\n%s", w.Definition.Label(f.ID), y.Label, y.Tag, f.Unit), ref: templates.Ref{Field: f.ID, Year: y.Year}}
		if y.Kind == templates.Committed {
			c.look = book.Promised
		}
		out = append(out, c)
	}
	for _, f := range w.Definition.Form.About(templates.Headline) {
		for _, id := range []string{"last", "final"} {
			y, _ := w.Definition.Form.Year(id)
			add(f, y)
		}
	}
	for _, f := range w.Definition.Form.About(templates.Funding) {
		for _, id := range f.Years {
			y, _ := w.Definition.Form.Year(id)
			add(f, y)
		}
	}
	return out
}

// withTotal adds a line for all prefectures.
func (w *workbook) withTotal(lines []city) iter.Seq[city] {
	all := city{name: "合计", row: len(lines) + 3, sums: map[templates.Ref]total{}}
	for _, c := range lines {
		all.expected, all.filed, all.accepted, all.asked, all.backed = all.expected+c.expected, all.filed+c.filed, all.accepted+c.accepted, all.asked+c.asked, all.backed+c.backed
		all.unreported, all.units, all.schools, all.enterprises = all.unreported+c.unreported, all.units+c.units, all.schools+c.schools, all.enterprises+c.enterprises
		for r, t := range c.sums {
			all.sums[r] = total{all.sums[r].sum + t.sum, all.sums[r].given + t.given}
		}
	}
	return slices.Values(append(slices.Clone(lines), all))
}

// totalled makes the last line of each column a SUM over those before it.
func totalled(columns []column[city], lines int) []column[city] {
	for i, c := range columns {
		columns[i].Cell = func(x city) book.Cell {
			cell := c.Cell(x)
			if x.row != lines+3 {
				return cell
			}
			if i == 0 {
				cell.Look = book.Total
				return cell
			}
			cell.Look = book.Sum
			cell.Formula = fmt.Sprintf("SUM(%s:%s)", model.CellName(3, i+1), model.CellName(lines+2, i+1))
			return cell
		}
	}
	return columns
}
