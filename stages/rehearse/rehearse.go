// Package rehearse damages a good workbook in the ways people, office programs and mail systems do, and says of each what must be
// noticed: a refusal with its code, a finding at its cell, or nothing because no value changed. Whether it is noticed
// is not tried here: the pipeline reads every damaged file as it reads any other.
package rehearse

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
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

// Damages makes all damaged copies, in the order of the catalogue.
func Damages(o Original) []Damage {
	out := make([]Damage, 0, len(catalogue))
	for _, e := range catalogue {
		out = append(out, e.apply(o))
	}
	return out
}

// entry is one line of the catalogue.
type entry struct {
	id, what string
	file     string // the extension, where it is not .xlsx
	want     Want   // where it hangs on what is in the workbook, make says so
	make     func(*copying)
}

// apply makes one damaged copy. The library that edits workbooks may fail or panic on what another program wrote: then this
// damage could not be made.
func (e entry) apply(o Original) (d Damage) {
	d = Damage{ID: e.id, What: e.what, File: "推荐书" + e.file}
	if e.file == "" {
		d.File += ".xlsx"
	}
	defer func() {
		if p := recover(); p != nil {
			d.Err = fmt.Errorf("制作时程序出错：%v", p)
		}
	}()
	defer try.Caught(&d.Err)
	c := &copying{Original: o, data: append([]byte{}, o.Data...), want: e.want}
	e.make(c)
	d.Want, d.Data = c.want, c.data
	return d
}

// copying is a copy being damaged.
type copying struct {
	Original
	data []byte
	want Want
}

// fail ends the making of one damage.
func fail(why string) { try.Do(errors.New(why)) }

func refused(codes ...string) Want { return Want{Refused: codes} }

func unharmed() Want { return Want{Values: true} }

func found(place model.Place, codes ...string) Want { return Want{Found: codes, Place: place} }

// unharmedBut says that the values are the same and a finding tells of the change.
func unharmedBut(place model.Place, codes ...string) Want {
	return Want{Found: codes, Place: place, Values: true}
}

var centralHeader = []byte("PK\x01\x02")

func (c *copying) parts() []ooxml.Part {
	return try.Get(ooxml.Unpack(c.data)).All
}

// packed makes a container of parts.
func packed(parts []ooxml.Part) []byte {
	return try.Get(ooxml.Pack(parts, zip.Deflate))
}

// largest gives where the packed content of the largest sheet stands.
func (c *copying) largest() (at, size int64) {
	zr := try.Get(zip.NewReader(bytes.NewReader(c.data), int64(len(c.data))))
	for _, f := range zr.File {
		if strings.HasPrefix(f.Name, "xl/worksheets/") && int64(f.CompressedSize64) > size {
			at = try.Get(f.DataOffset())
			size = int64(f.CompressedSize64)
		}
	}
	if size == 0 {
		fail("找不到工作表")
	}
	return at, size
}

// pack puts the workbook into a package; locked marks it as having a password.
func (c *copying) pack(locked bool) {
	c.data = packed([]ooxml.Part{{Name: "推荐书.xlsx", Data: c.data}})
	if locked {
		const flags, centralFlags, encrypted = 6, 8, 1
		c.data[flags] |= encrypted
		c.data[bytes.LastIndex(c.data, centralHeader)+centralFlags] |= encrypted
	}
}

func (c *copying) encrypt(password string) {
	c.data = try.Get(excelize.Encrypt(c.data, &excelize.Options{Password: password}))
}

// oldExcel makes a container of the old kind that holds a stream named Workbook.
func (c *copying) oldExcel() {
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

// csv writes the values as another program would save one sheet.
func (c *copying) csv() []byte {
	var b strings.Builder
	for _, e := range c.Read.Entries {
		b.WriteString(e.Place.Cell + "," + strings.ReplaceAll(e.Raw, "\n", " ") + "\r\n")
	}
	return []byte(b.String())
}

func otherBook() []byte {
	f := excelize.NewFile()
	defer f.Close()
	try.Do(f.SetCellStr("Sheet1", "A1", "会议签到表"))
	return try.Get(f.WriteToBuffer()).Bytes()
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

// edit changes the first places of a text in one part.
func (c *copying) edit(name, old, with string, n int) {
	parts := c.parts()
	i := slices.IndexFunc(parts, func(p ooxml.Part) bool { return p.Name == name })
	if i < 0 || !bytes.Contains(parts[i].Data, []byte(old)) {
		fail("文件里没有要改的部分")
	}
	parts[i].Data = bytes.Replace(parts[i].Data, []byte(old), []byte(with), n)
	c.data = packed(parts)
}

func (c *copying) drop(name string) {
	parts := c.parts()
	rest := slices.DeleteFunc(slices.Clone(parts), func(p ooxml.Part) bool { return p.Name == name })
	if len(rest) == len(parts) {
		fail("文件里没有要去掉的部件")
	}
	c.data = packed(rest)
}

// book changes the workbook with the library that edits workbooks.
func (c *copying) book(change func(*excelize.File) error) {
	f := try.Get(excelize.OpenReader(bytes.NewReader(c.data)))
	defer f.Close()
	try.Do(change(f))
	c.data = try.Get(f.WriteToBuffer()).Bytes()
}

// meta changes what the very hidden sheet says of the template.
func (c *copying) meta(key, value string) {
	c.book(func(f *excelize.File) error {
		for i, row := range try.Get(f.GetRows(templates.MetaSheet)) {
			if len(row) > 0 && row[0] == key {
				at := model.CellName(i+1, 2)
				if n, err := strconv.Atoi(value); err == nil {
					return f.SetCellInt(templates.MetaSheet, at, int64(n))
				}
				return f.SetCellStr(templates.MetaSheet, at, value)
			}
		}
		return errors.New("文件里没有模板标识")
	})
}

var sheetName = regexp.MustCompile(`<sheet [^>]*?name="([^"]*)"`)

// twin gives the second sheet the name of the first.
func (c *copying) twin() {
	for _, p := range c.parts() {
		if p.Name == "xl/workbook.xml" {
			if names := sheetName.FindAllSubmatch(p.Data, 2); len(names) == 2 {
				c.edit(p.Name, `name="`+string(names[1][1])+`"`, `name="`+string(names[0][1])+`"`, 1)
				return
			}
		}
	}
	fail("文件里不足两张工作表")
}

// pick gives the first filled entry that serves.
func (c *copying) pick(what string, serves func(*templates.Field, model.Entry) bool) model.Entry {
	for _, e := range c.Read.Entries {
		if f := c.Definition.Field(e.Field); e.Filled && f != nil && f.Record == "" && serves(f, e) {
			return e
		}
	}
	fail("这份工作簿里没有填好的" + what)
	return model.Entry{}
}

// number gives a required whole number of a year, typed as a number.
func (c *copying) number() model.Entry {
	return c.pick("年度数字", func(f *templates.Field, e model.Entry) bool {
		year, _ := c.Definition.Form.YearOf(e.Year)
		return f.Type == templates.IntegerField && f.Metric() && e.Kind == model.Number && e.Formula == "" && string(year.Kind) == "actual"
	})
}

func (c *copying) percent() model.Entry {
	return c.pick("百分比", func(f *templates.Field, e model.Entry) bool {
		return f.Type == templates.PercentField && e.Kind == model.Number && !strings.Contains(e.Format, "%")
	})
}

func (c *copying) date() model.Entry {
	return c.pick("日期", func(f *templates.Field, e model.Entry) bool {
		return f.Type == templates.DateField && e.IsDate && len(e.Shown) == len("2006-01-02")
	})
}

// label gives the cell of the label beside an entry, found as the template has it.
func (c *copying) label() (e model.Entry, at string) {
	e = c.number()
	_, slot, ok := c.Definition.Layout().Slot(e.Field, e.Year)
	if !ok {
		fail("版式里没有这个栏目")
	}
	return e, model.CellName(e.Row, slot.RowAnchorCols[0]+e.Col-slot.Col)
}

// put puts a value into a cell.
func (c *copying) put(at model.Place, value any) {
	c.book(func(f *excelize.File) error { return f.SetCellValue(at.Sheet, at.Cell, value) })
}

// retype puts another value into an entry's cell.
func (c *copying) retype(e model.Entry, value any, code string) {
	c.put(e.Place, value)
	c.want = found(e.Place, code)
}

// cellXML writes a cell anew, as another program would.
func (c *copying) cellXML(e model.Entry, xml string) {
	cell := regexp.MustCompile(`<c r="` + e.Place.Cell + `"[^>]*?(?:/>|>.*?</c>)`)
	c.replace(c.sheetPart(e.Place.Sheet), cell, xml)
}

// sheetPart finds the part that holds a sheet.
func (c *copying) sheetPart(title string) string {
	texts := map[string]string{}
	for _, p := range c.parts() {
		texts[p.Name] = string(p.Data)
	}
	sheet := regexp.MustCompile(`<sheet [^>]*?name="` + regexp.QuoteMeta(title) + `"[^>]*?r:id="([^"]+)"`).FindStringSubmatch(texts["xl/workbook.xml"])
	if sheet == nil {
		fail("找不到工作表的部件")
	}
	for _, relation := range regexp.MustCompile(`<Relationship [^>]*>`).FindAllString(texts["xl/_rels/workbook.xml.rels"], -1) {
		if target := regexp.MustCompile(`Target="/?(?:xl/)?([^"]+)"`).FindStringSubmatch(relation); target != nil && strings.Contains(relation, `Id="`+sheet[1]+`"`) {
			return "xl/" + target[1]
		}
	}
	fail("找不到工作表的部件")
	return ""
}

// moved cuts an entry's cell and pastes it one row down, which takes its name along.
func (c *copying) moved() {
	e := c.number()
	_, slot, _ := c.Definition.Layout().Slot(e.Field, e.Year)
	below := model.CellName(e.Row+1, e.Col)
	c.book(func(f *excelize.File) error {
		v := try.Get(f.GetCellValue(e.Place.Sheet, e.Place.Cell, excelize.Options{RawCellValue: true}))
		n := try.Get(strconv.ParseFloat(v, 64))
		try.Do(f.SetCellValue(e.Place.Sheet, below, n))
		try.Do(f.SetCellValue(e.Place.Sheet, e.Place.Cell, nil))
		try.Do(f.DeleteDefinedName(&excelize.DefinedName{Name: slot.Name}))
		return f.SetDefinedName(&excelize.DefinedName{Name: slot.Name, RefersTo: "'" + e.Place.Sheet + "'!$" + strings.TrimRight(below, "0123456789") + "$" + strconv.Itoa(e.Row+1)})
	})
	c.want = found(model.Place{Sheet: e.Place.Sheet}, "LHT-1-030")
}

// wide writes digits at full width, as Chinese input methods do.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, s)
}
