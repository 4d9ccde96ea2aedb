package pipeline

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"lianheti/samples/must"
	"lianheti/stages/model"
)

// Requirements
//  1. Every workbook that is written, committed or sent back is one that Excel opens without repairing it. Excel itself can't be asked
//     here; these are the things that it is known to refuse: parts that are not XML, elements out of the schema's order, columns or rows that do
//     not ascend, and texts longer than it allows.

// worksheetOrder is the order of a worksheet's elements (ECMA-376 part 1, CT_Worksheet).
var worksheetOrder = strings.Fields(`sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges
	scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks
	printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing
	legacyDrawing legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst`)

// longest is how many UTF-16 units Excel takes of a text, by element or element/attribute.
var longest = map[string]int{
	"t": 32767, "f": 8192, "v": 32767, "formula1": 8192, "oddHeader": 255, "oddFooter": 255,
	"dataValidation/promptTitle": 32, "dataValidation/prompt": 255, "dataValidation/errorTitle": 32, "dataValidation/error": 225,
	"sheet/name": 31, "hyperlink/location": 2084, "definedName/name": 255,
}

func TestWorkbooksAreSound(t *testing.T) {
	dir := must.Get(published())(t)
	n := 0
	for _, root := range []string{dir, "../templates/2024"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".xlsx" {
				return err
			}
			n++
			for _, fault := range unsound(t, path) {
				t.Errorf("%s: %s", filepath.Base(path), fault)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 10 {
		t.Errorf("only %d workbooks were looked at", n)
	}
}

// unsound lists what Excel would stumble over.
func unsound(t *testing.T, path string) []string {
	t.Helper()
	zr, err := zip.OpenReader(path)
	if err != nil {
		return []string{err.Error()}
	}
	defer zr.Close()
	var faults []string
	for _, f := range zr.File {
		if !strings.HasSuffix(f.Name, ".xml") && !strings.HasSuffix(f.Name, ".rels") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return []string{err.Error()}
		}
		data, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return []string{err.Error()}
		}
		for _, fault := range unsoundPart(data, strings.HasPrefix(f.Name, "xl/worksheets/sheet")) {
			faults = append(faults, f.Name+": "+fault)
		}
	}
	return faults[:min(len(faults), 5)]
}

func unsoundPart(data []byte, worksheet bool) (faults []string) {
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, stage, row, col, column := 0, 0, 0, 0, 0
	element := ""
	for {
		token, err := d.Token()
		if err == io.EOF {
			return faults
		}
		if err != nil {
			return append(faults, "不是完整的 XML："+err.Error())
		}
		switch x := token.(type) {
		case xml.StartElement:
			depth++
			element = x.Name.Local
			for _, a := range x.Attr {
				faults = append(faults, beyond(element+"/"+a.Name.Local, a.Value)...)
			}
			if !worksheet {
				continue
			}
			if depth == 2 && element != "AlternateContent" {
				at := slices.Index(worksheetOrder, element)
				if at < stage {
					faults = append(faults, element+" 的次序不对")
				}
				stage = max(stage, at)
			}
			switch element {
			case "col":
				if from := figure(x, "min"); from <= column {
					faults = append(faults, fmt.Sprintf("列 %d 排在列 %d 之后", from, column))
				}
				column = figure(x, "max")
			case "row":
				if at := figure(x, "r"); at <= row {
					faults = append(faults, fmt.Sprintf("行 %d 排在行 %d 之后", at, row))
				} else {
					row, col = at, 0
				}
			case "c":
				name := attribute(x, "r")
				letters := strings.TrimRight(name, "0123456789")
				at := 0
				for _, r := range letters {
					at = at*26 + int(r-'A') + 1
				}
				if at <= col || name != model.CellName(row, at) {
					faults = append(faults, "单元格 "+name+" 的次序不对")
				}
				col = at
			}
		case xml.EndElement:
			depth--
			element = ""
		case xml.CharData:
			faults = append(faults, beyond(element, string(x))...)
		}
	}
}

func beyond(what, text string) []string {
	if most, known := longest[what]; known && len(utf16.Encode([]rune(text))) > most {
		return []string{fmt.Sprintf("%s 超过 %d 字：%.30q…", what, most, text)}
	}
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func figure(e xml.StartElement, name string) int {
	n, _ := strconv.Atoi(attribute(e, name))
	return n
}
