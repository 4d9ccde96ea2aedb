package feedback

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages"
	"lianheti/stages/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// author signs the notes.
const author = "省职成处"

// annotate gives a copy of a submitted workbook with each fault marked where it is: the cell coloured, a note beside it, a
// list with links on a sheet at the end, a row in 情况说明 for each warning that waits for an explanation. The copy names
// its parent, so that it can be corrected and sent back as it is.
func annotate(data []byte, d *templates.Definition, r *returned) ([]byte, error) {
	plain, err := decrypted(data)
	if err != nil {
		return nil, err
	}
	clean, notes, err := withoutNotes(plain)
	if err != nil {
		return nil, err
	}
	f, err := open(clean)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &copying{d: d, f: f, marks: map[place][]table.Finding{}, styles: map[styleKey]int{}, touched: map[string]bool{}}
	for _, x := range r.findings {
		for _, at := range c.places(x) {
			c.marks[at] = append(c.marks[at], x)
		}
	}
	for _, step := range []func() error{
		func() error { return c.colour() },
		func() error { return c.annotate(notes) },
		func() error { return c.ask(r.findings) },
		func() error { return c.list(r.findings) },
		func() error { return c.parent(data) },
		func() error { return c.protect() },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := book.Save(&out, f); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decrypted opens what Excel calls read-only: a workbook encrypted with a password that everybody knows. Given to excelize
// as an option the password would encrypt the copy as well.
func decrypted(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0}) {
		return data, nil
	}
	return excelize.Decrypt(data, &excelize.Options{Password: "VelvetSweatshop"})
}

// open reads a submitted workbook. What could be read once fits these limits.
func open(data []byte) (*excelize.File, error) {
	const most = 128 << 20
	return excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: most, UnzipXMLSizeLimit: most})
}

// place is a cell of the workbook.
type place struct{ sheet, cell string }

// copying is one workbook being annotated.
type copying struct {
	d       *templates.Definition
	f       *excelize.File
	marks   map[place][]table.Finding
	styles  map[styleKey]int
	touched map[string]bool
}

// styleKey is a cell's style with a colour laid over it.
type styleKey struct {
	style int
	tone  book.Tone
}

// places lists the cells of this workbook that a finding is about.
func (c *copying) places(x table.Finding) []place {
	var out []place
	for p := range strings.SplitSeq(x.Places, "; ") {
		i := strings.LastIndex(p, "!")
		if i < 0 {
			continue
		}
		at := place{p[:i], p[i+1:]}
		if index, err := c.f.GetSheetIndex(at.sheet); err != nil || index < 0 {
			continue
		}
		if _, _, err := excelize.CellNameToCoordinates(at.cell); err == nil {
			out = append(out, at)
		}
	}
	return out
}

// marked lists the marked cells in order.
func (c *copying) marked() []place {
	var out []place
	for at := range c.marks {
		out = append(out, at)
	}
	slices.SortFunc(out, func(a, b place) int {
		ac, ar, _ := excelize.CellNameToCoordinates(a.cell)
		bc, br, _ := excelize.CellNameToCoordinates(b.cell)
		return cmp.Or(strings.Compare(a.sheet, b.sheet), cmp.Compare(ar, br), cmp.Compare(ac, bc))
	})
	return out
}

// worst is the gravest severity among findings.
func worst(findings []table.Finding) stages.Severity {
	for _, s := range stages.Severities {
		if slices.ContainsFunc(findings, func(x table.Finding) bool { return x.Severity == s }) {
			return s
		}
	}
	return stages.Hint
}

// colour fills the marked cells, everything else of their looks left as it is.
func (c *copying) colour() error {
	for _, at := range c.marked() {
		id, err := c.f.GetCellStyle(at.sheet, at.cell)
		if err != nil {
			return err
		}
		key := styleKey{id, tones[worst(c.marks[at])]}
		if _, known := c.styles[key]; !known {
			if c.styles[key], err = c.filled(id, key.tone); err != nil {
				return err
			}
		}
		if err := c.f.SetCellStyle(at.sheet, at.cell, at.cell, c.styles[key]); err != nil {
			return err
		}
		c.touched[at.sheet] = true
	}
	return nil
}

// filled makes a style that differs from another in its fill alone. The format record is copied as it stands: put through
// excelize.Style, colours as other programs write them come out illegal.
func (c *copying) filled(id int, tone book.Tone) (int, error) {
	fill, err := c.f.NewStyle(&excelize.Style{Fill: tone.Fill()})
	if err != nil {
		return 0, err
	}
	formats := c.f.Styles.CellXfs
	if id >= len(formats.Xf) {
		return fill, nil
	}
	format, applied := formats.Xf[id], true
	format.FillID, format.ApplyFill = formats.Xf[fill].FillID, &applied
	formats.Xf = append(formats.Xf, format)
	formats.Count = len(formats.Xf)
	return len(formats.Xf) - 1, nil
}

// annotate adds the notes that stood there before, and ours: code, title, problem and cure of each finding.
func (c *copying) annotate(before map[string][]excelize.Comment) error {
	old := map[place]excelize.Comment{}
	for _, sheet := range c.f.GetSheetList() {
		for _, note := range before[sheet] {
			at := place{sheet, note.Cell}
			if c.marks[at] != nil {
				old[at] = note
				continue
			}
			if err := c.f.AddComment(sheet, note); err != nil {
				return err
			}
		}
	}
	for _, at := range c.marked() {
		note := excelize.Comment{Cell: at.cell, Author: author, Width: 320}
		if was, ok := old[at]; ok {
			note.Paragraph = append(was.Paragraph, excelize.RichTextRun{Text: "\n────\n"})
			if was.Paragraph == nil {
				note.Paragraph = []excelize.RichTextRun{{Text: was.Text + "\n────\n"}}
			}
		}
		for i, x := range c.marks[at] {
			if i > 0 {
				note.Paragraph = append(note.Paragraph, excelize.RichTextRun{Text: "\n\n"})
			}
			note.Paragraph = append(note.Paragraph,
				excelize.RichTextRun{Text: fmt.Sprintf("【%s】%s（%s）\n", x.Severity.Label(), x.Title, x.Code), Font: &excelize.Font{Bold: true}},
				excelize.RichTextRun{Text: x.Message + "\n" + x.Cure})
		}
		lines := 0
		for _, run := range note.Paragraph {
			for line := range strings.SplitSeq(run.Text, "\n") {
				lines += 1 + book.Width(line)/44
			}
		}
		note.Height = uint(min(400, 24+lines*17))
		if err := c.f.AddComment(at.sheet, note); err != nil {
			return err
		}
		c.touched[at.sheet] = true
	}
	return nil
}

// ask prefills a row of 情况说明 for each warning that no explanation covers yet: its fingerprint and what it is about. Rows
// that hold something are left alone, and a fingerprint that stands there already is not repeated.
func (c *copying) ask(findings []table.Finding) error {
	sheet, area, ok := c.d.Layout().Area("explanations")
	if !ok {
		return nil
	}
	title := sheet.Sheet.Title
	if index, err := c.f.GetSheetIndex(title); err != nil || index < 0 {
		return nil // renamed or lost: the list of problems tells what to explain
	}
	column := map[string]int{}
	for _, x := range area.Columns {
		column[strings.TrimPrefix(x.Name, "explanations_")] = x.Col
	}
	value := func(row int, name string) string {
		v, _ := c.f.GetCellValue(title, stages.CellName(row, column[name]))
		return strings.TrimSpace(v)
	}
	there := map[string]bool{}
	for row := area.FirstRow; row <= area.LastRow; row++ {
		there[strings.ToLower(value(row, "fingerprint"))] = true
	}
	row := area.FirstRow
	for _, x := range findings {
		if x.Severity != stages.Explain || x.Explanation != "" || there[x.Fingerprint] {
			continue
		}
		for row <= area.LastRow && value(row, "fingerprint")+value(row, "about")+value(row, "explanation") != "" {
			row++
		}
		if row > area.LastRow {
			return nil
		}
		if err := c.f.SetCellStr(title, stages.CellName(row, column["fingerprint"]), x.Fingerprint); err != nil {
			return err
		}
		if err := c.f.SetCellStr(title, stages.CellName(row, column["about"]), book.Text(x.Title+"："+x.Message)); err != nil {
			return err
		}
		c.touched[title], there[x.Fingerprint] = true, true
	}
	return nil
}

// list appends the sheet with all findings, each linked to its cell.
func (c *copying) list(findings []table.Finding) error {
	name := templates.ReturnSheet
	if index, err := c.f.GetSheetIndex(name); err == nil && index >= 0 { // of an earlier round
		if err := c.f.DeleteSheet(name); err != nil {
			return err
		}
	}
	if _, err := c.f.NewSheet(name); err != nil {
		return err
	}
	styles := book.NewStyles(c.f)
	put := func(row int, values []string, look func(col int) book.Look) error {
		for i, v := range values {
			at := stages.CellName(row, i+1)
			if err := c.f.SetCellStr(name, at, book.Text(v)); err != nil {
				return err
			}
			id, err := styles.Of(look(i))
			if err != nil {
				return err
			}
			if err := c.f.SetCellStyle(name, at, at, id); err != nil {
				return err
			}
		}
		return nil
	}
	plain := func(int) book.Look { return book.Plain }
	if err := put(1, []string{"程度", "位置", "问题", "怎么改", "依据", "代码"}, func(int) book.Look { return book.Header }); err != nil {
		return err
	}
	for i, x := range findings {
		row := i + 2
		at := stages.Place{File: "整份文件", Sheet: x.Sheet, Cell: x.Cell}
		if err := put(row, []string{x.Severity.Label(), at.String(), x.Message, x.Cure, x.Authority, x.Code}, plain); err != nil {
			return err
		}
		if places := c.places(x); len(places) > 0 {
			if err := c.f.SetCellHyperLink(name, stages.CellName(row, 2), book.Range(places[0].sheet)+places[0].cell, "Location"); err != nil {
				return err
			}
			id, err := styles.Of(book.Link)
			if err != nil {
				return err
			}
			if err := c.f.SetCellStyle(name, stages.CellName(row, 2), stages.CellName(row, 2), id); err != nil {
				return err
			}
		}
		id, err := styles.Get("severity "+string(x.Severity), func() *excelize.Style {
			return &excelize.Style{Fill: tones[x.Severity].Fill(), Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center"}}
		})
		if err != nil {
			return err
		}
		if err := c.f.SetCellStyle(name, stages.CellName(row, 1), stages.CellName(row, 1), id); err != nil {
			return err
		}
		if err := c.f.SetRowHeight(name, row, max(20, 15*float64(1+max(book.Width(x.Message), book.Width(x.Cure))/48))); err != nil {
			return err
		}
	}
	for i, width := range []float64{13, 20, 52, 52, 22, 14} {
		column := strings.TrimRight(stages.CellName(1, i+1), "1")
		if err := c.f.SetColWidth(name, column, column, width); err != nil {
			return err
		}
	}
	fit, a4, wide, tall, landscape := true, 9, 1, 0, "landscape"
	if err := c.f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := c.f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall}); err != nil {
		return err
	}
	if err := c.f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	c.touched[name] = true
	return nil
}

// parent writes the original's hash to the very hidden sheet.
func (c *copying) parent(original []byte) error {
	if index, err := c.f.GetSheetIndex(templates.MetaSheet); err != nil || index < 0 {
		return nil // the identity is lost; the finding about it says so
	}
	sum := sha256.Sum256(original)
	const keys = 20
	for row := 1; row <= keys; row++ {
		if key, err := c.f.GetCellValue(templates.MetaSheet, stages.CellName(row, 1)); err == nil && key == templates.MetaParent {
			return c.f.SetCellStr(templates.MetaSheet, stages.CellName(row, 2), hex.EncodeToString(sum[:]))
		}
	}
	return nil
}

// protect locks again what was touched: excelize loosens a protection that relied on defaults.
func (c *copying) protect() error {
	for _, sheet := range c.f.GetSheetList() {
		if c.touched[sheet] {
			if err := book.Protect(c.f, sheet); err != nil {
				return err
			}
		}
	}
	return nil
}
