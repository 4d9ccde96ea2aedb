// Package rehearse damages copies of a good workbook as people, office programs and mail systems do, and says what
// must be noticed: a rejection, a finding at its cell, or nothing if no value changed. Package pipeline reads the
// copies.
package rehearse

import (
	"archive/zip"
	"bytes"
	"cmp"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/width"
)

// Original is a workbook that was accepted.
type Original struct {
	Definition *templates.Definition
	Data       []byte
	Read       model.Workbook
}

// Damage is a damaged copy, with what must be noticed.
type Damage struct {
	ID       string
	What     string      // the damage, in a few words
	File     string      // its file name
	Do       []string    // see actions
	Expected Expectation `yaml:",inline"`
	Data     []byte      `yaml:"-"`
	Err      error       `yaml:"-"` // why it could not be made
}

// Expectation is what must be noticed.
type Expectation struct {
	Refused []string    // the file is rejected with one of these codes
	Found   []string    // the file is accepted, with a finding of one of these codes at Place
	Place   model.Place `yaml:"-"`    // set by the actions
	Values  bool        `yaml:"same"` // all values are unchanged
}

//go:embed catalogue.yaml
var catalogue []byte

// Damages makes all damaged copies, in the order of the catalogue.
func Damages(o Original) (all []Damage) {
	try.Do(yaml.Load(catalogue, &all, yaml.WithKnownFields())) // the program's own text
	for i := range all {
		all[i].apply(o)
	}
	return all
}

// apply makes one damaged copy. If a library fails or panics on the file, the copy could not be made.
func (d *Damage) apply(o Original) {
	d.File = "推荐书" + cmp.Or(d.File, ".xlsx")
	defer func() {
		if p := recover(); p != nil {
			d.Err = fmt.Errorf("制作时程序出错：%v", p)
		}
	}()
	defer try.Caught(&d.Err)
	c := &damagedCopy{Original: o, data: bytes.Clone(o.Data), expected: &d.Expected}
	for _, step := range d.Do {
		act, with, _ := strings.Cut(step, " ")
		actions[act](c, with)
	}
	d.Data = c.data
}

// damagedCopy is a copy while it is being damaged.
type damagedCopy struct {
	Original
	data     []byte
	expected *Expectation
}

func giveUp(why string) { try.Do(errors.New(why)) }

var centralHeader = []byte("PK\x01\x02")

func (c *damagedCopy) parts() []ooxml.Part { return try.Get(ooxml.Open(c.data)).All }

func pack(parts []ooxml.Part) []byte { return try.Get(ooxml.Pack(parts, zip.Deflate)) }

// largestSheet returns the position of the compressed data of the largest sheet.
func (c *damagedCopy) largestSheet() (at, size int64) {
	for _, f := range try.Get(zip.NewReader(bytes.NewReader(c.data), int64(len(c.data)))).File {
		if strings.HasPrefix(f.Name, "xl/worksheets/") && int64(f.CompressedSize64) > size {
			at, size = try.Get(f.DataOffset()), int64(f.CompressedSize64)
		}
	}
	if size == 0 {
		giveUp("找不到工作表")
	}
	return at, size
}

func (c *damagedCopy) encrypt(password string) {
	c.data = try.Get(excelize.Encrypt(c.data, &excelize.Options{Password: password}))
}

// oldExcel makes an OLE container with a stream named Workbook, as .xls files have.
func (c *damagedCopy) oldExcel(string) {
	c.encrypt("x")
	was, is := utf16Bytes("EncryptedPackage"), utf16Bytes("Workbook")
	at := bytes.Index(c.data, was)
	if at < 0 {
		giveUp("做不成旧格式的容器")
	}
	const lengthAt = 64
	copy(c.data[at:], append(is, make([]byte, len(was)-len(is))...))
	binary.LittleEndian.PutUint16(c.data[at+lengthAt:], uint16(len(is)+2))
}

func utf16Bytes(s string) []byte {
	return try.Get(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(s)))
}

// replace replaces matches in every part whose name contains word. There must be a match.
func (c *damagedCopy) replace(word string, what *regexp.Regexp, with string) {
	parts, changed := c.parts(), false
	for i, p := range parts {
		if strings.Contains(p.Name, word) && what.Match(p.Data) {
			parts[i].Data, changed = what.ReplaceAll(p.Data, []byte(with)), true
		}
	}
	if !changed {
		giveUp("文件里没有要改的部分")
	}
	c.data = pack(parts)
}

func (c *damagedCopy) editWorkbook(change func(*excelize.File) error) {
	f := try.Get(excelize.OpenReader(bytes.NewReader(c.data)))
	defer f.Close()
	try.Do(change(f))
	c.data = try.Get(f.WriteToBuffer()).Bytes()
}

// setMeta changes a value on the very hidden sheet that identifies the template.
func (c *damagedCopy) setMeta(key string, value int) {
	c.editWorkbook(func(f *excelize.File) error {
		for i, row := range try.Get(f.GetRows(templates.MetaSheet)) {
			if len(row) > 0 && row[0] == key {
				return f.SetCellInt(templates.MetaSheet, model.CellName(i+1, 2), int64(value))
			}
		}
		return errors.New("文件里没有模板标识")
	})
}

// entryKinds are the kinds of entries that actions look for: a whole number of an actual year, a percentage, a date.
var entryKinds = map[string]struct {
	what string
	fits func(*templates.Definition, *templates.Field, model.Entry) bool
}{
	"number": {"年度数字", func(d *templates.Definition, f *templates.Field, e model.Entry) bool {
		return f.Type == templates.IntegerField && f.Metric() && e.Kind == model.Number && e.Formula == "" &&
			d.Form.YearOf(e.Year).Kind == templates.Actual
	}},
	"percent": {"百分比", func(_ *templates.Definition, f *templates.Field, e model.Entry) bool {
		return f.Type == templates.PercentField && e.Kind == model.Number && !strings.Contains(e.Format, "%")
	}},
	"date": {"日期", func(_ *templates.Definition, f *templates.Field, e model.Entry) bool {
		return f.Type == templates.DateField && e.IsDate && len(e.Shown) == len(time.DateOnly)
	}},
}

// findEntry returns the first filled entry of a kind.
func (c *damagedCopy) findEntry(kind string) model.Entry {
	i := slices.IndexFunc(c.Read.Entries, func(e model.Entry) bool {
		f := c.Definition.Field(e.Field)
		return e.Filled && f != nil && f.Record == "" && entryKinds[kind].fits(c.Definition, f, e)
	})
	if i < 0 {
		giveUp("这份工作簿里没有填好的" + entryKinds[kind].what)
	}
	return c.Read.Entries[i]
}

func (c *damagedCopy) slotOf(e model.Entry) templates.Slot {
	slot := c.Definition.Layout().Slot(e.Field, e.Year)
	if slot.Field == nil {
		giveUp("版式里没有这个栏目")
	}
	return slot
}

func (c *damagedCopy) setCell(at model.Place, value any) {
	c.editWorkbook(func(f *excelize.File) error { return f.SetCellValue(at.Sheet, at.Cell, value) })
}

// formulaError rewrites a cell as a formula with an error.
func (c *damagedCopy) formulaError(string) {
	c.expected.Place = c.findEntry("number").Place
	at := c.expected.Place
	sheet := c.sheetPart(at.Sheet)
	cell := regexp.MustCompile(`<c r="` + at.Cell + `"[^>]*?(?:/>|>.*?</c>)`)
	c.replace(sheet, cell, `<c r="`+at.Cell+`" t="e"><f>#REF!</f><v>#REF!</v></c>`)
}

// sheetPart returns the name of the part that holds a sheet.
func (c *damagedCopy) sheetPart(title string) string {
	parts, w := try.Get(ooxml.Open(c.data)), ooxml.NewWalker()
	id := ""
	try.Do(w.Walk(parts.Get("xl/workbook.xml"), func(e *ooxml.Element) error {
		if e.Start && string(e.Name) == "sheet" && e.Attr("name") == title {
			id = e.AttrIn(ooxml.OfficeRelationships, "id")
		}
		return nil
	}))
	part := ooxml.TargetByID(try.Get(parts.Relations(w, "xl/workbook.xml")), id)
	if part == "" {
		giveUp("找不到工作表的部件")
	}
	return part
}

// move moves a cell one row down together with its defined name, as cut and paste does.
func (c *damagedCopy) move(string) {
	e := c.findEntry("number")
	name := c.slotOf(e).Name
	c.editWorkbook(func(f *excelize.File) error {
		v := try.Get(f.GetCellValue(e.Place.Sheet, e.Place.Cell, excelize.Options{RawCellValue: true}))
		try.Do(f.SetCellValue(e.Place.Sheet, model.CellName(e.Row+1, e.Col), try.Get(strconv.ParseFloat(v, 64))))
		try.Do(f.SetCellValue(e.Place.Sheet, e.Place.Cell, nil))
		try.Do(f.DeleteDefinedName(&excelize.DefinedName{Name: name}))
		below := book.AbsRange(e.Place.Sheet, e.Row+1, e.Col, e.Row+1, e.Col)
		return f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: below})
	})
	c.expected.Place.Sheet = e.Place.Sheet
}

// actions are the steps in catalogue.yaml: on the bytes of the file, on its parts, on the workbook.
var actions = map[string]func(c *damagedCopy, with string){
	"half":      func(c *damagedCopy, _ string) { c.data = c.data[:len(c.data)/2] },
	"lose":      func(c *damagedCopy, bytes string) { c.data = c.data[:len(c.data)-try.Get(strconv.Atoi(bytes))] },
	"zero_tail": func(c *damagedCopy, _ string) { clear(c.data[len(c.data)*9/10:]) },
	"flip": func(c *damagedCopy, _ string) {
		at, size := c.largestSheet()
		c.data[at+size/2] ^= 0x10
	},
	"zero_sums": func(c *damagedCopy, _ string) {
		const sum = 16
		for i := 0; bytes.Contains(c.data[i:], centralHeader); i += len(centralHeader) {
			i += bytes.Index(c.data[i:], centralHeader)
			binary.LittleEndian.PutUint32(c.data[i+sum:], 0)
		}
	},
	"line_ends": func(c *damagedCopy, _ string) { c.data = bytes.ReplaceAll(c.data, []byte("\n"), []byte("\r\n")) },
	"recode":    func(c *damagedCopy, _ string) { c.data = []byte(strings.ToValidUTF8(string(c.data), "�")) },
	"base64":    func(c *damagedCopy, _ string) { c.data = []byte(base64.StdEncoding.EncodeToString(c.data)) },
	"append":    func(c *damagedCopy, text string) { c.data = append(c.data, text...) },
	"write":     func(c *damagedCopy, text string) { c.data = []byte(text) },
	"zip":       func(c *damagedCopy, _ string) { c.data = pack([]ooxml.Part{{Name: "推荐书.xlsx", Data: c.data}}) },
	"lock": func(c *damagedCopy, _ string) {
		const flags, centralFlags, encrypted = 6, 8, 1
		c.data[flags] |= encrypted
		c.data[bytes.LastIndex(c.data, centralHeader)+centralFlags] |= encrypted
	},
	"encrypt":   (*damagedCopy).encrypt,
	"old_excel": (*damagedCopy).oldExcel,
	"csv": func(c *damagedCopy, _ string) { // as another program would save one sheet
		c.data = nil
		for _, e := range c.Read.Entries {
			c.data = append(c.data, e.Place.Cell+","+strings.ReplaceAll(e.Raw, "\n", " ")+"\r\n"...)
		}
	},
	"docx": func(c *damagedCopy, _ string) {
		c.data = pack([]ooxml.Part{{Name: "[Content_Types].xml", Data: []byte("<Types>wordprocessingml</Types>")},
			{Name: "word/document.xml", Data: []byte("<document/>")}})
	},
	"replace": func(c *damagedCopy, with string) { // word, pattern, replacement; see replace
		words := append(strings.SplitN(with, " ", 3), "")
		c.replace(words[0], regexp.MustCompile(words[1]), words[2])
	},
	"drop": func(c *damagedCopy, part string) {
		parts := c.parts()
		rest := slices.DeleteFunc(slices.Clone(parts), func(p ooxml.Part) bool { return p.Name == part })
		if len(rest) == len(parts) {
			giveUp("文件里没有要去掉的部件")
		}
		c.data = pack(rest)
	},
	"rezip": func(c *damagedCopy, _ string) { c.data = pack(c.parts()) },
	"other_book": func(c *damagedCopy, _ string) {
		f := excelize.NewFile()
		defer f.Close()
		try.Do(f.SetCellStr("Sheet1", "A1", "会议签到表"))
		c.data = try.Get(f.WriteToBuffer()).Bytes()
	},
	"last_year": func(c *damagedCopy, _ string) { c.setMeta(templates.MetaYear, c.Definition.Year-1) },
	"version":   func(c *damagedCopy, v string) { c.setMeta(templates.MetaVersion, try.Get(strconv.Atoi(v))) },
	"forget": func(c *damagedCopy, _ string) {
		c.editWorkbook(func(f *excelize.File) error { return f.DeleteSheet(templates.MetaSheet) })
	},

	"delete_sheet": func(c *damagedCopy, of string) {
		c.expected.Place.Sheet = c.findEntry(of).Place.Sheet
		c.editWorkbook(func(f *excelize.File) error { return f.DeleteSheet(c.expected.Place.Sheet) })
	},
	"delete_row": func(c *damagedCopy, _ string) {
		e := c.findEntry("number")
		c.editWorkbook(func(f *excelize.File) error { return f.RemoveRow(e.Place.Sheet, e.Row) })
		c.expected.Place.Sheet = e.Place.Sheet
	},
	"insert_row": func(c *damagedCopy, _ string) {
		e := c.findEntry("number")
		c.editWorkbook(func(f *excelize.File) error { return f.InsertRows(e.Place.Sheet, e.Row, 1) })
	},
	"insert_column": func(c *damagedCopy, _ string) {
		c.editWorkbook(func(f *excelize.File) error { return f.InsertCols(c.findEntry("number").Place.Sheet, "A", 1) })
	},
	"rename_sheet": func(c *damagedCopy, name string) {
		c.editWorkbook(func(f *excelize.File) error { return f.SetSheetName(c.findEntry("number").Place.Sheet, name) })
	},
	"copy_sheet": func(c *damagedCopy, name string) {
		c.editWorkbook(func(f *excelize.File) error {
			from := try.Get(f.GetSheetIndex(c.findEntry("number").Place.Sheet))
			return f.CopySheet(from, try.Get(f.NewSheet(name)))
		})
		c.expected.Place.Sheet = name
	},
	"paste_label": func(c *damagedCopy, text string) { // overwrites the label beside an entry
		e := c.findEntry("number")
		slot := c.slotOf(e)
		c.setCell(model.Place{Sheet: e.Place.Sheet, Cell: model.CellName(e.Row, slot.RowAnchorCols[0]+e.Col-slot.Col)}, text)
		c.expected.Place = model.Place{Sheet: e.Place.Sheet, Cell: e.Place.Cell}
	},
	"move": (*damagedCopy).move,

	"type": func(c *damagedCopy, with string) { // sets the cell of an entry; without a value it is cleared
		kind, text, _ := strings.Cut(with, " ")
		var value any
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			value = n
		} else if text != "" {
			value = text
		}
		c.expected.Place = c.findEntry(kind).Place
		c.setCell(c.expected.Place, value)
	},
	"formula_error": (*damagedCopy).formulaError,
	"wide_number": func(c *damagedCopy, _ string) {
		e := c.findEntry("number")
		c.setCell(e.Place, " "+width.Widen.String(e.Raw)+" ")
	},
	"worded_date": func(c *damagedCopy, _ string) {
		e := c.findEntry("date")
		c.setCell(e.Place, try.Get(time.Parse(time.DateOnly, e.Shown)).Format("2006年1月2日"))
	},
	"scribble": func(c *damagedCopy, text string) {
		c.expected.Place = model.Place{Sheet: c.findEntry("number").Place.Sheet, Cell: "AZ3"}
		c.setCell(c.expected.Place, text)
	},
}
