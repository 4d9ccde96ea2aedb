package rehearse

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/width"
)

// acts are the steps of catalogue.yaml: on the bytes of the file, on its parts, on the workbook.
var acts = map[string]func(c *copying, with string){
	"half":      func(c *copying, _ string) { c.data = c.data[:len(c.data)/2] },
	"lose":      func(c *copying, bytes string) { c.data = c.data[:len(c.data)-try.Get(strconv.Atoi(bytes))] },
	"zero_tail": func(c *copying, _ string) { clear(c.data[len(c.data)*9/10:]) },
	"flip": func(c *copying, _ string) {
		at, size := c.largest()
		c.data[at+size/2] ^= 0x10
	},
	"zero_sums": func(c *copying, _ string) {
		const sum = 16
		for i := bytes.Index(c.data, centralHeader); i >= 0; {
			binary.LittleEndian.PutUint32(c.data[i+sum:], 0)
			next := bytes.Index(c.data[i+4:], centralHeader)
			if next < 0 {
				break
			}
			i += 4 + next
		}
	},
	"line_ends": func(c *copying, _ string) { c.data = bytes.ReplaceAll(c.data, []byte("\n"), []byte("\r\n")) },
	"recode":    func(c *copying, _ string) { c.data = []byte(strings.ToValidUTF8(string(c.data), "�")) },
	"base64":    func(c *copying, _ string) { c.data = []byte(base64.StdEncoding.EncodeToString(c.data)) },
	"append":    func(c *copying, text string) { c.data = append(c.data, text...) },
	"write":     func(c *copying, text string) { c.data = []byte(text) },
	"zip":       func(c *copying, _ string) { c.data = packed([]ooxml.Part{{Name: "推荐书.xlsx", Data: c.data}}) },
	"lock": func(c *copying, _ string) {
		const flags, centralFlags, encrypted = 6, 8, 1
		c.data[flags] |= encrypted
		c.data[bytes.LastIndex(c.data, centralHeader)+centralFlags] |= encrypted
	},
	"encrypt":   (*copying).encrypt,
	"old_excel": (*copying).oldExcel,
	"csv": func(c *copying, _ string) { // one sheet, as another program would save it
		c.data = nil
		for _, e := range c.Read.Entries {
			c.data = append(c.data, e.Place.Cell+","+strings.ReplaceAll(e.Raw, "\n", " ")+"\r\n"...)
		}
	},
	"docx": func(c *copying, _ string) {
		c.data = packed([]ooxml.Part{{Name: "[Content_Types].xml", Data: []byte("<Types>wordprocessingml</Types>")},
			{Name: "word/document.xml", Data: []byte("<document/>")}})
	},
	"replace": func(c *copying, with string) { // in parts whose names contain a word: what matches, by what
		words := append(strings.SplitN(with, " ", 3), "")
		c.replace(words[0], regexp.MustCompile(words[1]), words[2])
	},
	"drop": func(c *copying, part string) {
		parts := c.parts()
		rest := slices.DeleteFunc(slices.Clone(parts), func(p ooxml.Part) bool { return p.Name == part })
		if len(rest) == len(parts) {
			fail("文件里没有要去掉的部件")
		}
		c.data = packed(rest)
	},
	"twin_sheets": (*copying).twinSheets,
	"rezip":       func(c *copying, _ string) { c.data = packed(c.parts()) },
	"other_book": func(c *copying, _ string) {
		f := excelize.NewFile()
		defer f.Close()
		try.Do(f.SetCellStr("Sheet1", "A1", "会议签到表"))
		c.data = try.Get(f.WriteToBuffer()).Bytes()
	},
	"last_year": func(c *copying, _ string) { c.meta(templates.MetaYear, c.Definition.Year-1) },
	"version":   func(c *copying, v string) { c.meta(templates.MetaVersion, try.Get(strconv.Atoi(v))) },
	"forget": func(c *copying, _ string) {
		c.book(func(f *excelize.File) error { return f.DeleteSheet(templates.MetaSheet) })
	},

	"delete_sheet": func(c *copying, of string) {
		c.want.Place.Sheet = c.pick(of).Place.Sheet
		c.book(func(f *excelize.File) error { return f.DeleteSheet(c.want.Place.Sheet) })
	},
	"delete_row": func(c *copying, _ string) {
		e := c.pick("number")
		c.book(func(f *excelize.File) error { return f.RemoveRow(e.Place.Sheet, e.Row) })
		c.want.Place.Sheet = e.Place.Sheet
	},
	"insert_row": func(c *copying, _ string) {
		e := c.pick("number")
		c.book(func(f *excelize.File) error { return f.InsertRows(e.Place.Sheet, e.Row, 1) })
	},
	"insert_column": func(c *copying, _ string) {
		c.book(func(f *excelize.File) error { return f.InsertCols(c.pick("number").Place.Sheet, "A", 1) })
	},
	"rename_sheet": func(c *copying, name string) {
		c.book(func(f *excelize.File) error { return f.SetSheetName(c.pick("number").Place.Sheet, name) })
	},
	"copy_sheet": func(c *copying, name string) {
		c.book(func(f *excelize.File) error {
			from := try.Get(f.GetSheetIndex(c.pick("number").Place.Sheet))
			return f.CopySheet(from, try.Get(f.NewSheet(name)))
		})
		c.want.Place.Sheet = name
	},
	"paste_label": func(c *copying, text string) { // over the label beside an entry, found as the template has it
		e := c.pick("number")
		slot := c.slot(e)
		c.put(model.Place{Sheet: e.Place.Sheet, Cell: model.CellName(e.Row, slot.RowAnchorCols[0]+e.Col-slot.Col)}, text)
		c.want.Place = model.Place{Sheet: e.Place.Sheet, Cell: e.Place.Cell}
	},
	"move": (*copying).move,

	"type": func(c *copying, with string) { // another value into the cell of an entry; none: it is emptied
		kind, text, _ := strings.Cut(with, " ")
		var value any
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			value = n
		} else if text != "" {
			value = text
		}
		c.want.Place = c.pick(kind).Place
		c.put(c.want.Place, value)
	},
	"formula_error": (*copying).formulaError,
	"wide_number": func(c *copying, _ string) {
		e := c.pick("number")
		c.put(e.Place, " "+width.Widen.String(e.Raw)+" ")
	},
	"worded_date": func(c *copying, _ string) {
		e := c.pick("date")
		c.put(e.Place, try.Get(time.Parse(time.DateOnly, e.Shown)).Format("2006年1月2日"))
	},
	"scribble": func(c *copying, text string) {
		c.want.Place = model.Place{Sheet: c.pick("number").Place.Sheet, Cell: "AZ3"}
		c.put(c.want.Place, text)
	},
}
