package feedback

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// listRow is the row of the list on which the i-th finding stands.
func listRow(i int) int { return i + 2 }

// listColumn is one column of the list at the end of a copy.
type listColumn struct {
	head  string
	width float64
	text  func(c *copying, x table.Finding) string
}

var listColumns = []listColumn{
	{"程度", 11, func(_ *copying, x table.Finding) string { return x.Severity.Label() }},
	{"位置", 16, func(_ *copying, x table.Finding) string {
		return model.Place{File: "整份文件", Sheet: x.Sheet, Cell: x.Cell}.String()
	}},
	{"其余位置", 14, func(_ *copying, x table.Finding) string { return furtherPlaces(x) }},
	{"问题", 42, func(_ *copying, x table.Finding) string { return x.Message }},
	{"怎么改", 36, func(_ *copying, x table.Finding) string { return x.Cure }},
	{templates.ReturnSaid, 20, func(_ *copying, x table.Finding) string { return explained(x) }},
	{"依据", 16, func(_ *copying, x table.Finding) string { return x.Authority }},
	{"代码", 11, func(_ *copying, x table.Finding) string { return x.Code }},
	{"问题指纹", 19, func(c *copying, x table.Finding) string {
		if !c.explainable(x) {
			return ""
		}
		return explanationKey(x)
	}},
}

// tallest is how tall a row is made, in points; programs allow 409.
const tallest = 400

// furtherPlaces lists the cells of a finding beyond the first.
func furtherPlaces(x table.Finding) string { return model.Ranges(x.At()[1:]) }

// explained is what was said about a finding, in force or not.
func explained(x table.Finding) string {
	if x.Explanation == "" && x.Outdated != "" {
		return templates.ReturnOutdated + "：原来的说明针对的是改动前的数（" + x.Outdated + "）"
	}
	return x.Explanation
}

// explainable says whether words can answer a finding: a warning, and a blank that the form asks for where nobody has the figure yet.
func (c *copying) explainable(x table.Finding) bool {
	rule := c.d.Rule(x.Code)
	mustStay := func(field string) bool { return !rule.Yields(field) }
	return x.Severity == model.Explain || rule != nil && x.Fields != "" && !slices.ContainsFunc(strings.Fields(x.Fields), mustStay)
}

// explanationKey is what stands before the explanation of a warning.
func explanationKey(x table.Finding) string {
	return model.ExplanationKey(x.Fingerprint, x.ValueHash)
}

// list appends the sheet with all findings, each linked to its cell.
func (c *copying) list() error {
	name := templates.ReturnSheet
	if _, err := c.f.NewSheet(name); err != nil {
		return err
	}
	styles := book.NewStyles(c.f)
	put := func(row, col int, text string, look book.Look) error {
		at := model.CellName(row, col)
		if err := c.f.SetCellStr(name, at, book.Shared(text)); err != nil {
			return err
		}
		id, err := styles.Of(look)
		if err != nil {
			return err
		}
		return c.f.SetCellStyle(name, at, at, id)
	}
	for col, column := range listColumns {
		if err := put(1, col+1, column.head, book.Header); err != nil {
			return err
		}
	}
	for i, x := range c.findings {
		row, tall := listRow(i), 20.0
		for col, column := range listColumns {
			text := column.text(c, x)
			tall = max(tall, book.Height(text, column.width, 10))
			look := book.Plain
			if col == 1 && len(c.places(x)) > 0 {
				look = book.Link
			}
			if err := put(row, col+1, text, look); err != nil {
				return err
			}
		}
		if places := c.places(x); len(places) > 0 {
			if err := c.f.SetCellHyperLink(name, model.CellName(row, 2), book.Range(places[0].sheet)+places[0].cell, "Location"); err != nil {
				return err
			}
		}
		if err := c.paint(styles, model.CellName(row, 1), x.Severity); err != nil {
			return err
		}
		if err := c.f.SetRowHeight(name, row, min(tall, tallest)); err != nil {
			return err
		}
	}
	return c.setUpList(name)
}

// paint colours the cell that names a severity.
func (c *copying) paint(styles *book.Styles, cell string, s model.Severity) error {
	id, err := styles.Get("severity "+string(s), func() *excelize.Style {
		return &excelize.Style{Fill: tones[s].Fill(), Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center"}}
	})
	if err != nil {
		return err
	}
	return c.f.SetCellStyle(templates.ReturnSheet, cell, cell, id)
}

// setUpList sets widths, print and panes.
func (c *copying) setUpList(name string) error {
	for i, column := range listColumns {
		letter := strings.TrimRight(model.CellName(1, i+1), "1")
		if err := c.f.SetColWidth(name, letter, letter, column.width); err != nil {
			return err
		}
	}
	fit, a4, wide, tall, landscape, red := true, 9, 1, 0, "landscape", "FFC00000"
	if err := c.f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit, TabColorRGB: &red}); err != nil {
		return err
	}
	if err := c.f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	side, edge, band := 0.4, 0.7, 0.35
	if err := c.f.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &edge, Bottom: &edge, Header: &band, Footer: &band}); err != nil {
		return err
	}
	header := &excelize.HeaderFooterOptions{OddHeader: "&C" + name, OddFooter: "&R第 &P 页，共 &N 页"}
	if err := c.f.SetHeaderFooter(name, header); err != nil {
		return err
	}
	if err := c.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: book.Range(name) + "$1:$1", Scope: name}); err != nil {
		return err
	}
	if err := c.f.SetSheetDimension(name, "A1:"+model.CellName(max(1, len(c.findings)+1), len(listColumns))); err != nil {
		return err
	}
	if err := c.f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return book.Protect(c.f, name) // what is written here is not read: answers belong into the form
}

// linkBack makes of the label left of each marked cell a link to the list. The cell itself gets none: who clicks there
// wants to type. A link that stands on a label already stays.
func (c *copying) linkBack() error {
	labels := map[string]bool{}
	for _, slot := range c.d.Layout().Slots() {
		if len(slot.RowAnchor) > 0 {
			labels[slot.RowAnchor[0]] = true
		}
	}
	for _, at := range c.marked() {
		col, row, err := excelize.CellNameToCoordinates(at.cell)
		if err != nil {
			return err
		}
		for col--; col > 0; col-- {
			cell := model.CellName(row, col)
			text, err := c.f.GetCellValue(at.sheet, cell)
			if err != nil {
				return err
			}
			if !labels[strings.TrimSpace(text)] {
				continue
			}
			if linked, _, err := c.f.GetCellHyperLink(at.sheet, cell); err != nil || linked {
				return err
			}
			tip := fmt.Sprintf("看“%s”第%d行", templates.ReturnSheet, listRow(c.marks[at][0]))
			to := book.Range(templates.ReturnSheet) + model.CellName(listRow(c.marks[at][0]), 1)
			if err := c.f.SetCellHyperLink(at.sheet, cell, to, "Location", excelize.HyperlinkOpts{Tooltip: &tip}); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// header is where a list of the form begins in this workbook.
type header struct {
	sheet      string
	row, first int // first: the leftmost column
	columns    map[string]int
	rows       int // prepared below it
}

// headerOn finds the header of the list that stands on a sheet.
func (c *copying) headerOn(sheet string) (header, bool) {
	for _, s := range c.d.Layout().Sheets {
		for _, area := range s.Records {
			if h, ok := c.headerIn(sheet, area); ok {
				return h, true
			}
		}
	}
	return header{}, false
}

// header finds the header of a list by the labels of its columns, wherever rows were inserted or sheets renamed.
func (c *copying) header(block string) (header, bool) {
	layout, area, ok := c.d.Layout().Area(block)
	if !ok {
		return header{}, false
	}
	sheets := c.f.GetSheetList()
	slices.SortStableFunc(sheets, func(a, b string) int { // where it should be first
		return cmp.Compare(boolInt(a != layout.Sheet.Title), boolInt(b != layout.Sheet.Title))
	})
	for _, sheet := range sheets {
		if h, ok := c.headerIn(sheet, area); ok {
			return h, true
		}
	}
	return header{}, false
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *copying) headerIn(sheet string, area templates.RecordArea) (header, bool) {
	if strings.HasPrefix(sheet, templates.HiddenPrefix) || sheet == templates.ReturnSheet {
		return header{}, false
	}
	rows, known := c.rows[sheet] // every list is looked for on every sheet
	if !known {
		var err error
		if rows, err = c.f.GetRows(sheet); err != nil {
			return header{}, false
		}
		c.rows[sheet] = rows
	}
	for i, cells := range rows {
		h := header{sheet: sheet, row: i + 1, columns: map[string]int{}, rows: area.LastRow - area.HeaderRow}
		for col, text := range cells {
			for _, column := range area.Columns {
				if text = strings.TrimSpace(text); text != column.Field.Label && !strings.HasPrefix(text, column.Field.Label+"（") {
					continue
				}
				id := strings.TrimPrefix(column.Field.ID, area.Block.ID+"_")
				if _, taken := h.columns[id]; !taken {
					h.columns[id] = col + 1
				}
			}
		}
		if len(h.columns) == len(area.Columns) {
			h.first = len(cells)
			for _, col := range h.columns {
				h.first = min(h.first, col)
			}
			return h, true
		}
	}
	return header{}, false
}

// ask prefills a row of 情况说明 for each warning that no explanation covers yet: its key and what it is about. A row that was
// prefilled in an earlier round and left without an explanation is prefilled anew, or cleared where nothing is to be explained
// any more; rows that hold something of the filler's are left alone, but for a fingerprint that lacks the hash of its values.
func (c *copying) ask() error {
	h, ok := c.header("explanations")
	if !ok {
		return nil // lost: the list of problems gives the keys
	}
	open, all := map[string]table.Finding{}, map[string]table.Finding{} // warnings by fingerprint: without an explanation, and all
	for _, x := range c.findings {
		if c.explainable(x) {
			all[x.Fingerprint] = x
			if x.Explanation == "" {
				open[x.Fingerprint] = x
			}
		}
	}
	rows := explanationRows{copying: c, header: h}
	for row := h.row + 1; row <= h.row+h.rows; row++ {
		fingerprint, values := model.SplitExplanationKey(rows.value(row, "fingerprint"))
		_, asked := open[fingerprint]
		x, known := all[fingerprint]
		beside := model.WordsBeside(rows.value(row, "about"), x.Title, x.Message)
		switch words := rows.value(row, "explanation"); {
		case len(fingerprint) != model.KeyLength:
		case words == "" && known && beside != "": // words in the wrong cell: put where they belong
			delete(open, fingerprint)
			rows.prefill(row, x)
			rows.set(row, "explanation", beside)
		case words == "" && asked:
			delete(open, fingerprint)
			rows.prefill(row, x)
		case words == "":
			rows.clear(row)
		case asked && values == x.ValueHash: // answered for these values; what the Department refused is written anew in its place
			delete(open, fingerprint)
		case values == "" && known && !asked:
			rows.set(row, "fingerprint", explanationKey(x))
		}
	}
	row := h.row + 1
	for _, x := range c.findings {
		if _, asked := open[x.Fingerprint]; !asked || !c.explainable(x) {
			continue
		}
		for row <= h.row+h.rows && rows.value(row, "fingerprint")+rows.value(row, "about")+rows.value(row, "explanation") != "" {
			row++
		}
		if row > h.row+h.rows {
			break // full: the list of problems gives the keys
		}
		rows.prefill(row, x)
	}
	for row := h.row + 1; row <= h.row+h.rows; row++ {
		if key, _ := model.SplitExplanationKey(rows.value(row, "fingerprint")); len(key) == model.KeyLength && rows.value(row, "explanation") == "" {
			c.asked = append(c.asked, [2]string{rows.value(row, "fingerprint"), rows.value(row, "about")})
		}
	}
	return rows.err
}

// explanationRows are the rows of 情况说明 in this workbook; the first error is kept.
type explanationRows struct {
	*copying
	header header
	err    error
}

func (r *explanationRows) at(row int, name string) string {
	return model.CellName(row, r.header.columns[name])
}

func (r *explanationRows) value(row int, name string) string {
	v, err := r.f.GetCellValue(r.header.sheet, r.at(row, name))
	r.err = cmp.Or(r.err, err)
	return strings.TrimSpace(v)
}

// set writes a text, and makes the row tall enough to show it.
func (r *explanationRows) set(row int, name, text string) {
	r.touched[r.header.sheet] = true
	r.err = cmp.Or(r.err, r.f.SetCellStr(r.header.sheet, r.at(row, name), book.Shared(text)))
	wide, err := r.f.GetColWidth(r.header.sheet, strings.TrimRight(r.at(row, name), "0123456789"))
	r.err = cmp.Or(r.err, err)
	was, err := r.f.GetRowHeight(r.header.sheet, row)
	r.err = cmp.Or(r.err, err)
	const points = 12 // 小四, as the template has it
	if tall := book.Height(text, wide, points); tall > was {
		r.err = cmp.Or(r.err, r.f.SetRowHeight(r.header.sheet, row, min(tall, tallest)))
	}
}

func (r *explanationRows) prefill(row int, x table.Finding) {
	about := model.ExplanationAbout(x.Title, x.Message)
	if x.Outdated != "" {
		about += "（原来的说明针对的是改动前的数，请重新说明）"
	}
	r.set(row, "fingerprint", explanationKey(x))
	r.set(row, "about", about)
}

func (r *explanationRows) clear(row int) {
	for _, name := range []string{"fingerprint", "about"} {
		r.touched[r.header.sheet] = true
		r.err = cmp.Or(r.err, r.f.SetCellValue(r.header.sheet, r.at(row, name), nil))
	}
}

// protect locks again what was touched and was locked: excelize loosens a protection that relied on defaults.
func (c *copying) protect() error {
	for _, sheet := range c.f.GetSheetList() {
		if !c.touched[sheet] {
			continue
		}
		if was, err := c.f.GetSheetProtection(sheet); err != nil || was == (excelize.SheetProtectionOptions{}) {
			continue
		}
		if err := book.Protect(c.f, sheet); err != nil {
			return err
		}
	}
	return nil
}
