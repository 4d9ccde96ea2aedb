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

// filingCols are the columns of 申报与地市, all of one width: what is wider takes several.
const filingCols = 18

// filing is 申报与地市: how reporting stands by prefecture and by economy, then every consortium of the directory and beyond it.
func (w *workbook) filing(name string) error {
	f := &filing{workbook: w, page: &book.Page{Sheet: name, Landscape: true, Scale: 66, Widths: slices.Repeat([]float64{8.6}, filingCols)}, row: 1}
	f.page.Begin(filingCols, name, "谁报了、谁没报、结论如何。目录＝已入选＋应报，应报＝已报＋待转录（只报了 Word 版或 PDF）＋未报；“另报”是目录外的和已入选而报来的，申报＝已报＋另报。更细的见附录“申报一览”“地市汇总”。")
	f.row = 3
	f.cities()
	f.economies()
	f.page.Break(f.row) // what is read by line begins on a page of its own
	f.each()
	return w.report.Page(f.page)
}

// filing lays the sheet out from top to bottom.
type filing struct {
	*workbook
	page *book.Page
	row  int
}

// field is what stands in so many columns.
type field struct {
	cols int
	cell book.Cell
}

func (f *filing) line(fields ...field) {
	col := 1
	for _, x := range fields {
		f.page.Span(f.row, col, x.cols, x.cell)
		col += x.cols
	}
	f.row++
}

func (f *filing) part(title string, heads ...field) {
	f.page.Span(f.row, 1, filingCols, book.Cell{Value: title, Look: book.Heading})
	f.page.Height(f.row, 24)
	f.row++
	for i := range heads {
		heads[i].cell.Look = book.Header
	}
	f.line(heads...)
}

func head(cols int, words string) field { return field{cols, book.Cell{Value: words}} }

func (f *filing) cities() {
	heads := []field{head(2, f.head("submissions", "city"))}
	for _, c := range cityCounts {
		heads = append(heads, head(1, c.head))
	}
	f.part("各地市", heads...)
	first, lines := f.row, f.tally()
	for _, c := range f.withTotal(lines) {
		label, look := book.Centred, book.Integer
		if c.total {
			label, look = book.Total, book.Sum
		}
		fields := []field{{2, book.Cell{Value: c.name, Look: label}}}
		for i, n := range c.counts {
			cell := book.Cell{Value: n, Look: look}
			if c.total {
				cell.Formula = fmt.Sprintf("SUM(%s:%s)", model.CellName(first, i+3), model.CellName(f.row-1, i+3))
			}
			fields = append(fields, field{1, cell})
		}
		f.line(fields...)
	}
	f.row++
}

// economies shows how the submissions spread over the four that the notice names, as the directory puts them.
func (f *filing) economies() {
	f.part("四大经济（工具归类，可改：照 directory.yaml 归的；那里没有归的，按主导产业的文字，一家可属几类）", head(2, "类别"), head(1, "申报"), head(1, "参加排名"), head(1, "线内"), head(filingCols-5, "联合体"))
	entries, placed := f.entries, map[string]bool{}
	show := func(label string, belongs func(e entry) bool) {
		var names []string
		ranked, inside := 0, 0
		for _, e := range entries {
			if !belongs(e) {
				continue
			}
			r := f.ranks[e.id()]
			placed[e.id()] = true
			names = append(names, e.Consortium)
			if r.Ranked {
				ranked++
			}
			if r.Line == "inside" || r.Line == "tied" {
				inside++
			}
		}
		within := quiet("－")
		if f.Standing.Complete() {
			within = count(inside)
		}
		f.line(field{2, plain(label)}, field{1, count(len(names))}, field{1, count(ranked)}, field{1, within}, field{filingCols - 5, plain(strings.Join(names, "、"))})
	}
	for _, x := range f.Definition.Directory.Economies {
		show(x.Label, func(e entry) bool { return slices.Contains(f.Facts.Economies(e.form), x.Label) })
	}
	show("看不出", func(e entry) bool { return !placed[e.id()] })
	f.row++
}

// each lists the directory, then what was handed in beside it.
func (f *filing) each() {
	s := func(column string) string { return f.head("submissions", column) }
	f.part("逐家", head(1, s("directory_no")), head(1, s("city")), head(4, s("consortium")), head(3, s("park")), head(1, "报送"), head(1, s("verdict")),
		head(1, s("errors")), head(1, s("warnings")), head(1, f.head("ranking", "rank")), head(filingCols-14, "收件、登记和不参加排名的原因"))
	first, known := f.row, map[string]bool{}
	for _, e := range f.Definition.Directory.Entries {
		i := slices.IndexFunc(f.entries, func(x entry) bool { return x.DirectoryNo == table.Some(int32(e.No)) })
		if i < 0 {
			f.absent(e)
			continue
		}
		known[f.entries[i].id()] = true
		f.there(i, e.No, "已报")
	}
	for i, x := range f.entries {
		if !known[x.id()] {
			f.there(i, 0, "目录外")
		}
	}
	f.page.Mark(first, 10, f.row-1, 10, book.Mark{Word: "未报", Tone: book.Bad}, book.Mark{Word: "待转录", Tone: book.Caution}, book.Mark{Word: "目录外", Tone: book.Caution})
	f.page.Mark(first, 11, f.row-1, 11, f.marks("verdict")...)
}

func (f *filing) absent(e templates.Entry) {
	state, why := "未报", ""
	if why = f.Register.Exempt(e); why != "" {
		state = "不用报"
	} else if why = f.Untranscribed(e); why != "" {
		state, why = "待转录", "已报、待转录：附送件 "+why+"，没有工作簿"
	}
	f.line(field{1, count(e.No)}, field{1, centred(e.City)}, field{4, plain(e.Consortium + e.Note())}, field{3, plain(e.Park)}, field{1, centred(state)},
		field{1, plain("")}, field{1, plain("")}, field{1, plain("")}, field{1, plain("")}, field{filingCols - 14, plain(why)})
}

func (f *filing) there(i, no int, state string) {
	x, v := f.entries[i].Submission, f.entries[i].Verdict
	number := book.Cell{Value: "－", Look: book.Centred}
	if no > 0 {
		number = count(no)
	}
	var notes []string
	for _, c := range f.receipts(nil) {
		cell := c.cell(f.workbook, row{value: f.entries[i]})
		if said, _ := cell.Value.(string); said != "" {
			notes = append(notes, c.head+"："+said)
		}
	}
	if v.Unranked != "" {
		notes = append(notes, v.Unranked)
	}
	f.line(field{1, number}, field{1, centred(f.Facts.CityOf(x))}, field{4, plain(f.name(x.Submission))}, field{3, plain(x.Park)}, field{1, centred(state)}, field{1, centred(string(v.Verdict))},
		field{1, count(int(v.Errors))}, field{1, count(int(v.Warnings))}, field{1, ranked(f.ranks[x.Submission].Rank)}, field{filingCols - 14, plain(strings.Join(notes, "；"))})
}
