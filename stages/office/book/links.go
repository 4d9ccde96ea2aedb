package book

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
)

func (r *Report) link(sheet, cell, target string) {
	to, kind := addressOf(target)
	try.Do(r.file.SetCellHyperLink(sheet, cell, to, kind))
}

// addressOf is a link as excelize takes it.
func addressOf(target string) (to, kind string) {
	if at := cellLink.FindStringIndex(target); at != nil && at[0] == 0 {
		return target[1:], "Location"
	}
	return escapePath(target), "External"
}

// link puts a link behind those of a sheet of rows. excelize looks through all links of the sheet, and all its
// relationships, for each new one; so only the first of a kind is put in by it, and what follows is added to its lists.
func (p *gridPart) link(cell, target string) {
	to, kind := addressOf(target)
	links, relations := p.lists()
	if !p.report.ours || !links.IsValid() || kind == "External" && !relations.IsValid() {
		p.report.link(p.name, cell, target)
		return
	}
	add := func(list reflect.Value, fields map[string]string) {
		x := reflect.New(list.Type().Elem()).Elem()
		for name, value := range fields {
			x.FieldByName(name).SetString(value)
		}
		list.Set(reflect.Append(list, x))
	}
	if kind == "Location" {
		add(links, map[string]string{"Ref": cell, "Location": to})
		return
	}
	id := "rId" + strconv.Itoa(relations.Len()+1)
	add(relations, map[string]string{"ID": id, "Type": excelize.SourceRelationshipHyperLink, "Target": to,
		"TargetMode": kind})
	add(links, map[string]string{"Ref": cell, "RID": id})
}

// lists are what excelize keeps of the sheet's links and relationships; not valid where there are none yet.
func (p *gridPart) lists() (links, relations reflect.Value) {
	part := "sheet" + strconv.Itoa(p.writer.SheetID) + ".xml"
	if x, ok := p.report.file.Sheet.Load("xl/worksheets/" + part); ok {
		if of := reflect.ValueOf(x).Elem().FieldByName("Hyperlinks"); of.IsValid() && !of.IsNil() {
			links = of.Elem().FieldByName("Hyperlink")
		}
	}
	if x, ok := p.report.file.Relationships.Load("xl/worksheets/_rels/" + part + ".rels"); ok {
		relations = reflect.ValueOf(x).Elem().FieldByName("Relationships")
	}
	return links, relations
}

// cellLink finds the ending that CellLink makes: a number sign may stand in a path, too.
var cellLink = regexp.MustCompile(`#'(?:[^']|'')+'!\$?[A-Z]+\$?[0-9]+(?::[A-Z0-9$]+)?$`)

// escapePath makes a path a legal address and leaves hanzi as they are, for people and programs alike.
func escapePath(path string) string {
	place, inside := "", false
	if at := cellLink.FindStringIndex(path); at != nil {
		path, place, inside = path[:at[0]], path[at[0]+1:], true
	}
	var b strings.Builder
	for _, c := range []byte(path) {
		if c <= ' ' || strings.IndexByte("%?#\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	if inside {
		b.WriteString("#" + strings.NewReplacer("%", "%25", " ", "%20").Replace(place))
	}
	return b.String()
}

// CellLink is the ending of a link that points to a cell: #'2年度数据'!F12.
func CellLink(sheet, cell string) string {
	if sheet == "" {
		return ""
	}
	if cell == "" {
		cell = "A1"
	}
	return "#" + Range(sheet) + cell
}

// Range is a sheet's name as formulas write it before a range.
func Range(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" }

// Fixed is a cell with row and column fixed, as formulas that are copied write it: $F$12.
func Fixed(row, col int) string {
	name, _ := excelize.CoordinatesToCellName(col, row, true)
	return name
}

// Absolute writes an area of a sheet with fixed rows and columns.
func Absolute(sheet string, row, col, lastRow, lastCol int) string {
	if row == lastRow && col == lastCol {
		return Range(sheet) + Fixed(row, col)
	}
	return Range(sheet) + Fixed(row, col) + ":" + Fixed(lastRow, lastCol)
}

// Quote writes a text as a literal in a formula.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
