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

// filingCols is the number of columns of 申报与地市, all of one width; wider cells span several.
const filingCols = 18

// filing is 申报与地市: the state of reporting by prefecture and by economy, then all consortia, in the directory or not.
func (w *workbook) filing(name string) error {
	page := &book.Page{Sheet: name, Landscape: true, Scale: 66, Widths: slices.Repeat([]float64{8.6}, filingCols)}
	w.beginPage(page, filingCols, name, "filing", nil)
	f := &filing{w, book.Pane{Page: page, Row: 3, Col: 1, Cols: filingCols}}
	f.cities()
	f.economies()
	f.Break(f.Row)
	f.consortia()
	return w.report.Page(page)
}

type filing struct {
	*workbook
	book.Pane
}

func (f *filing) part(title string, heads ...book.Cell) {
	f.AddSection(title, 24)
	f.AddFitted(heads...)
}

func head(cols int, words string) book.Cell {
	return book.Cell{Value: words, Look: book.Header, Cols: cols}
}

func (f *filing) cities() {
	columns := f.lists.Layout("cities").Columns[1:][:len(tallyColumns)]
	heads := table.Each(columns, func(c list.Column) book.Cell { return head(1, c.Head) })
	f.part("各地市", append([]book.Cell{head(2, f.head("submissions", "city"))}, heads...)...)
	first, lines := f.Row, f.tally()
	for _, c := range f.withTotal(lines) {
		look := table.Either(c.total, book.Sum, book.Integer)
		cells := []book.Cell{{Value: c.name, Look: table.Either(c.total, book.Total, book.Centred), Cols: 2}}
		for i, id := range tallyColumns {
			cell := book.Cell{Value: c.counts[id], Look: look}
			if c.total {
				cell.Formula = fmt.Sprintf("SUM(%s:%s)", model.CellName(first, i+3), model.CellName(f.Row-1, i+3))
			}
			cells = append(cells, cell)
		}
		f.AddFitted(cells...)
	}
	f.Row++
}

func (f *filing) economies() {
	f.part("四大经济（工具归类，可改：照 directory.yaml 归的；那里没有归的，按主导产业的文字，一家可属几类）", head(2, "类别"),
		head(1, "申报"), head(1, "参加排名"), head(1, "线内"), head(filingCols-5, "联合体"))
	show := func(label string, all []entry) {
		within := greyed("－")
		if f.Standing.Complete() {
			within = count(howMany(all, func(e entry) bool {
				return slices.Contains([]string{table.Inside, table.Tied}, f.ranks[e.id()].Line)
			}))
		}
		ranked := howMany(all, func(e entry) bool { return f.ranks[e.id()].Ranked })
		names := table.Each(all, func(e entry) string { return e.Consortium })
		f.AddFitted(plain(label).Over(2), count(len(all)), count(ranked), within,
			plain(strings.Join(names, "、")).Over(filingCols-5))
	}
	rest := slices.Clone(f.entries)
	for _, x := range f.Definition.Directory.Economies {
		belongs := func(e entry) bool { return slices.Contains(f.Facts.Economies(e.form), x.Label) }
		show(x.Label, table.Where(slices.Values(f.entries), belongs))
		rest = slices.DeleteFunc(rest, belongs)
	}
	show("看不出", rest)
	f.Row++
}

// consortia lists the directory, then the submissions off the directory.
func (f *filing) consortia() {
	s := func(column string) string { return f.head("submissions", column) }
	f.part("逐家", head(1, s("directory_no")), head(1, s("city")), head(4, s("consortium")), head(3, s("park")),
		head(1, "报送"), head(1, s("verdict")), head(1, s("errors")), head(1, s("warnings")),
		head(1, f.head("ranking", "rank")), head(filingCols-14, "收件、登记和不参加排名的原因"))
	first, known := f.Row, map[string]bool{}
	for _, e := range f.Definition.Directory.Entries {
		i := slices.IndexFunc(f.entries, func(x entry) bool { return x.DirectoryNo == table.Some(int32(e.No)) })
		if i < 0 {
			f.missingRow(e)
			continue
		}
		known[f.entries[i].id()] = true
		f.submissionRow(f.entries[i], count(e.No), "已报")
	}
	for _, x := range f.entries {
		if !known[x.id()] {
			f.submissionRow(x, centred("－"), "目录外")
		}
	}
	f.Mark(first, 10, f.Row-1, 10, book.Mark{Word: "未报", Tone: book.Bad},
		book.Mark{Word: "待转录", Tone: book.Caution}, book.Mark{Word: "目录外", Tone: book.Caution})
	f.Mark(first, 11, f.Row-1, 11, list.Marks(f.Definition, "verdict")...)
}

func (f *filing) missingRow(e templates.Entry) {
	state, why := "未报", ""
	if why = f.Register.Exempt(e); why != "" {
		state = "不用报"
	} else if why = f.Untranscribed(e); why != "" {
		state, why = "待转录", "已报、待转录：附送件 "+why+"，没有工作簿"
	}
	f.line(count(e.No), e.City, e.Consortium+e.AdjustmentNote(), e.Park, state, why,
		plain(""), plain(""), plain(""), plain(""))
}

func (f *filing) submissionRow(x entry, no book.Cell, state string) {
	notes := table.Words(f.receipts(nil), func(c list.Column) string {
		said, _ := c.Cell(list.Row{Value: x}).Value.(string)
		return textIf(said != "", c.Head+"："+said)
	})
	f.line(no, f.Facts.CityOf(x.Submission), f.name(x.id()), x.Park, state, table.Join("；", append(notes, x.Unranked)...),
		centred(string(x.Verdict.Verdict)), count(int(x.Errors)), count(int(x.Warnings)), ranked(f.ranks[x.id()].Rank))
}

func (f *filing) line(no book.Cell, city, name, park, state, notes string, result ...book.Cell) {
	cells := []book.Cell{no, centred(city), plain(name).Over(4), plain(park).Over(3), centred(state)}
	f.AddFitted(append(append(cells, result...), plain(notes).Over(filingCols-14))...)
}
