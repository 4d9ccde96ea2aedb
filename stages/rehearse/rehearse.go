// Package rehearse damages a good workbook in the ways people, office programs and mail systems do, and says of each
// what must be noticed: a refusal with its code, a finding at its cell, or nothing because no value changed. Whether
// it is noticed is not tried here: the pipeline reads every damaged file as it reads any other.
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

// Original is a workbook that was read and accepted.
type Original struct {
	Definition *templates.Definition
	Data       []byte
	Read       model.Workbook
}

// Damage is one damaged copy, and what must be noticed of it.
type Damage struct {
	ID   string
	What string // what happened to it, in a few words
	File string // the name it goes under
	Data []byte
	Want Want
	Err  error // it could not be made
}

// Want is what must be noticed.
type Want struct {
	Refused []string // the file is refused with one of these codes
	Found   []string // the workbook is read, with a finding of one of these codes …
	Place   model.Place
	Values  bool // every value is the same as in the original
}

//go:embed catalogue.yaml
var catalogue []byte

// entry is one line of the catalogue.
type entry struct {
	ID, What, File string
	Do             []string
	Refused, Found []string
	Same           bool
}

// Damages makes all damaged copies, in the order of the catalogue.
func Damages(o Original) []Damage {
	var all []entry
	try.Do(yaml.Load(catalogue, &all, yaml.WithKnownFields())) // the program's own text
	out := make([]Damage, len(all))
	for i, e := range all {
		out[i] = e.apply(o)
	}
	return out
}

// apply makes one damaged copy. The library may fail or panic on what another program wrote: then it could not be made.
func (e entry) apply(o Original) (d Damage) {
	d = Damage{ID: e.ID, What: e.What, File: "推荐书" + cmp.Or(e.File, ".xlsx")}
	defer func() {
		if p := recover(); p != nil {
			d.Err = fmt.Errorf("制作时程序出错：%v", p)
		}
	}()
	defer try.Caught(&d.Err)
	c := &copying{Original: o, data: bytes.Clone(o.Data), want: Want{Refused: e.Refused, Found: e.Found, Values: e.Same}}
	for _, step := range e.Do {
		act, with, _ := strings.Cut(step, " ")
		acts[act](c, with)
	}
	d.Want, d.Data = c.want, c.data
	return d
}

// copying is a copy being damaged.
type copying struct {
	Original
	data []byte
	want Want // an act knows the place
}

// fail ends the making of one damage.
func fail(why string) { try.Do(errors.New(why)) }

var centralHeader = []byte("PK\x01\x02")

func (c *copying) parts() []ooxml.Part { return try.Get(ooxml.Unpack(c.data)).All }

// packed makes a container of parts.
func packed(parts []ooxml.Part) []byte { return try.Get(ooxml.Pack(parts, zip.Deflate)) }

// largest gives where the packed content of the largest sheet stands.
func (c *copying) largest() (at, size int64) {
	for _, f := range try.Get(zip.NewReader(bytes.NewReader(c.data), int64(len(c.data)))).File {
		if strings.HasPrefix(f.Name, "xl/worksheets/") && int64(f.CompressedSize64) > size {
			at, size = try.Get(f.DataOffset()), int64(f.CompressedSize64)
		}
	}
	if size == 0 {
		fail("找不到工作表")
	}
	return at, size
}

func (c *copying) encrypt(password string) {
	c.data = try.Get(excelize.Encrypt(c.data, &excelize.Options{Password: password}))
}

// oldExcel makes a container of the old kind that holds a stream named Workbook.
func (c *copying) oldExcel(string) {
	c.encrypt("x")
	was, is := utf16Bytes("EncryptedPackage"), utf16Bytes("Workbook")
	at := bytes.Index(c.data, was)
	if at < 0 {
		fail("做不成旧格式的容器")
	}
	const lengthAt = 64
	copy(c.data[at:], append(is, make([]byte, len(was)-len(is))...))
	binary.LittleEndian.PutUint16(c.data[at+lengthAt:], uint16(len(is)+2))
}

func utf16Bytes(s string) []byte {
	return try.Get(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(s)))
}

// replace changes what matches in every part whose name contains a word; something must match.
func (c *copying) replace(word string, what *regexp.Regexp, with string) {
	parts, changed := c.parts(), false
	for i, p := range parts {
		if strings.Contains(p.Name, word) && what.Match(p.Data) {
			parts[i].Data, changed = what.ReplaceAll(p.Data, []byte(with)), true
		}
	}
	if !changed {
		fail("文件里没有要改的部分")
	}
	c.data = packed(parts)
}

// book changes the workbook with the library that edits workbooks.
func (c *copying) book(change func(*excelize.File) error) {
	f := try.Get(excelize.OpenReader(bytes.NewReader(c.data)))
	defer f.Close()
	try.Do(change(f))
	c.data = try.Get(f.WriteToBuffer()).Bytes()
}

// meta changes what the very hidden sheet says of the template.
func (c *copying) meta(key string, value int) {
	c.book(func(f *excelize.File) error {
		for i, row := range try.Get(f.GetRows(templates.MetaSheet)) {
			if len(row) > 0 && row[0] == key {
				return f.SetCellInt(templates.MetaSheet, model.CellName(i+1, 2), int64(value))
			}
		}
		return errors.New("文件里没有模板标识")
	})
}

// kinds are the entries that acts look for: a whole number of an actual year, a percentage, a date, each typed as such.
var kinds = map[string]struct {
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

// pick gives the first filled entry of a kind.
func (c *copying) pick(kind string) model.Entry {
	i := slices.IndexFunc(c.Read.Entries, func(e model.Entry) bool {
		f := c.Definition.Field(e.Field)
		return e.Filled && f != nil && f.Record == "" && kinds[kind].fits(c.Definition, f, e)
	})
	if i < 0 {
		fail("这份工作簿里没有填好的" + kinds[kind].what)
	}
	return c.Read.Entries[i]
}

// slot is where the template has an entry.
func (c *copying) slot(e model.Entry) templates.Slot {
	slot := c.Definition.Layout().Slot(e.Field, e.Year)
	if slot.Field == nil {
		fail("版式里没有这个栏目")
	}
	return slot
}

// put puts a value into a cell.
func (c *copying) put(at model.Place, value any) {
	c.book(func(f *excelize.File) error { return f.SetCellValue(at.Sheet, at.Cell, value) })
}

// formulaError writes a cell anew, as another program would.
func (c *copying) formulaError(string) {
	c.want.Place = c.pick("number").Place
	at := c.want.Place
	sheet := c.sheetPart(at.Sheet)
	cell := regexp.MustCompile(`<c r="` + at.Cell + `"[^>]*?(?:/>|>.*?</c>)`)
	c.replace(sheet, cell, `<c r="`+at.Cell+`" t="e"><f>#REF!</f><v>#REF!</v></c>`)
}

// sheetPart finds the part that holds a sheet.
func (c *copying) sheetPart(title string) string {
	parts, w := try.Get(ooxml.Unpack(c.data)), ooxml.NewWalker()
	id := ""
	try.Do(w.Walk(parts.Get("xl/workbook.xml"), func(e *ooxml.Element) error {
		if e.Start && string(e.Name) == "sheet" && e.Attr("name") == title {
			id = e.AttrIn(ooxml.Related, "id")
		}
		return nil
	}))
	part := ooxml.ByID(try.Get(parts.Relations(w, "xl/workbook.xml")), id)
	if part == "" {
		fail("找不到工作表的部件")
	}
	return part
}

// move cuts an entry's cell and pastes it one row down, which takes its name along.
func (c *copying) move(string) {
	e := c.pick("number")
	name := c.slot(e).Name
	c.book(func(f *excelize.File) error {
		v := try.Get(f.GetCellValue(e.Place.Sheet, e.Place.Cell, excelize.Options{RawCellValue: true}))
		try.Do(f.SetCellValue(e.Place.Sheet, model.CellName(e.Row+1, e.Col), try.Get(strconv.ParseFloat(v, 64))))
		try.Do(f.SetCellValue(e.Place.Sheet, e.Place.Cell, nil))
		try.Do(f.DeleteDefinedName(&excelize.DefinedName{Name: name}))
		below := book.Absolute(e.Place.Sheet, e.Row+1, e.Col, e.Row+1, e.Col)
		return f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: below})
	})
	c.want.Place.Sheet = e.Place.Sheet
}

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
		for i := 0; bytes.Contains(c.data[i:], centralHeader); i += len(centralHeader) {
			i += bytes.Index(c.data[i:], centralHeader)
			binary.LittleEndian.PutUint32(c.data[i+sum:], 0)
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
	"rezip": func(c *copying, _ string) { c.data = packed(c.parts()) },
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
