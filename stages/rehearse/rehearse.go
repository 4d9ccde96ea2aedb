// Package rehearse damages a good workbook in the ways people, office programs and mail systems do, and says of each
// what must be noticed: a refusal with its code, a finding at its cell, or nothing because no value changed. Whether
// it is noticed is not tried here: the pipeline reads every damaged file as it reads any other.
package rehearse

import (
	"archive/zip"
	"bytes"
	"cmp"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
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

func utf16Bytes(s string) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// replace changes what matches in every part whose name contains a word; something must match.
func (c *copying) replace(word string, what *regexp.Regexp, with string) {
	parts, changed := c.parts(), false
	for i, p := range parts {
		if strings.Contains(p.Name, word) && what.Match(p.Data) {
			parts[i].Data, changed = what.ReplaceAllLiteral(p.Data, []byte(with)), true
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

var sheetName = regexp.MustCompile(`<sheet [^>]*?name="[^"]*"`)

// twinSheets gives the second sheet the name of the first.
func (c *copying) twinSheets(string) {
	const part = "xl/workbook.xml"
	names := sheetName.FindAllString(string(try.Get(ooxml.Unpack(c.data)).Get(part)), 2)
	if len(names) < 2 {
		fail("文件里不足两张工作表")
	}
	c.replace(part, regexp.MustCompile(regexp.QuoteMeta(names[1])), names[0])
}

// kinds are the entries that acts look for: a whole number of an actual year, a percentage, a date, each typed as such.
var kinds = map[string]func(*templates.Definition, *templates.Field, model.Entry) bool{
	"number": func(d *templates.Definition, f *templates.Field, e model.Entry) bool {
		year, _ := d.Form.YearOf(e.Year)
		return f.Type == templates.IntegerField && f.Metric() && e.Kind == model.Number && e.Formula == "" &&
			year.Kind == templates.Actual
	},
	"percent": func(_ *templates.Definition, f *templates.Field, e model.Entry) bool {
		return f.Type == templates.PercentField && e.Kind == model.Number && !strings.Contains(e.Format, "%")
	},
	"date": func(_ *templates.Definition, f *templates.Field, e model.Entry) bool {
		return f.Type == templates.DateField && e.IsDate && len(e.Shown) == len(time.DateOnly)
	},
}

// pick gives the first filled entry of a kind.
func (c *copying) pick(kind string) model.Entry {
	i := slices.IndexFunc(c.Read.Entries, func(e model.Entry) bool {
		f := c.Definition.Field(e.Field)
		return e.Filled && f != nil && f.Record == "" && kinds[kind](c.Definition, f, e)
	})
	if i < 0 {
		fail("这份工作簿里没有填好的" + map[string]string{"number": "年度数字", "percent": "百分比", "date": "日期"}[kind])
	}
	return c.Read.Entries[i]
}

// slot is where the template has an entry.
func (c *copying) slot(e model.Entry) templates.Slot {
	_, slot, ok := c.Definition.Layout().Slot(e.Field, e.Year)
	if !ok {
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
