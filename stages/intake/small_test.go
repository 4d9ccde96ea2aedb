package intake

// Requirements
//  1. Of a cell is kept what it holds, by its type, and what its style shows of it; what can't be, of a cell or of where it stands, refuses the
//     workbook and names the cell.
//  2. Rows and cells without names follow on; in whatever order they stand, they are in the order of the sheet.
//  3. Hidden are the cells of a hidden sheet, row or column, of one of no height or width, and of letters without colour, whether it is named
//     by theme and tint or by itself; zeros on a sheet that shows none; what is shown repeated, or as a bar or icon alone.
//  4. Limits hold at their value, not before.

import (
	"fmt"
	"strings"
	"testing"
)

// small makes the least workbook: one sheet, with these parts where they are given.
func small(t *testing.T, sheet string, more map[string]string) []byte {
	const main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	relations := func(of ...string) string {
		out := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
		for i := 0; i < len(of); i += 2 {
			out += fmt.Sprintf(`<Relationship Id="r%d" Type="%s/%s" Target="%s"/>`, i/2+1, office, of[i], of[i+1])
		}
		return out + `</Relationships>`
	}
	text := func(name, otherwise string) string {
		if given, ok := more[name]; ok {
			return given
		}
		return otherwise
	}
	parts := []part{
		{"[Content_Types].xml", []byte(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`)},
		{"_rels/.rels", []byte(relations("officeDocument", "xl/workbook.xml"))},
		{"xl/_rels/workbook.xml.rels", []byte(relations("worksheet", "worksheets/sheet1.xml", "styles", "styles.xml", "sharedStrings", "sharedStrings.xml"))},
		{"xl/workbook.xml", []byte(`<workbook xmlns="` + main + `" xmlns:r="` + office + `">` + text("properties", "") + `<sheets>` + text("sheets", `<sheet name="表" sheetId="1" r:id="r1"/>`) + `</sheets>` + text("names", "") + `</workbook>`)},
		{"xl/styles.xml", []byte(`<styleSheet xmlns="` + main + `">` + text("styles", "") + `</styleSheet>`)},
		{"xl/sharedStrings.xml", []byte(`<sst xmlns="` + main + `">` + text("strings", "<si><t>零</t></si><si><r><rPr><strike/></rPr><t>旧</t></r><r><t>新</t></r><rPh><t>xin</t></rPh></si><si><t>_x000D_</t></si>") + `</sst>`)},
		{"xl/worksheets/sheet1.xml", []byte(`<worksheet xmlns="` + main + `">` + sheet + `</worksheet>`)},
	}
	if theme, ok := more["theme"]; ok {
		parts[2].data = []byte(relations("worksheet", "worksheets/sheet1.xml", "styles", "styles.xml", "sharedStrings", "sharedStrings.xml", "theme", "theme/theme1.xml"))
		parts = append(parts, part{"xl/theme/theme1.xml", []byte(`<theme xmlns="http://schemas.openxmlformats.org/drawingml/2006/main"><themeElements><clrScheme>` + theme + `</clrScheme></themeElements></theme>`)})
	}
	if comments, ok := more["comments"]; ok {
		parts = append(parts, part{"xl/worksheets/_rels/sheet1.xml.rels", []byte(relations("comments", "../comments1.xml"))},
			part{"xl/comments1.xml", []byte(`<comments xmlns="` + main + `">` + comments + `</comments>`)})
	}
	return putTogether(t, parts)
}

var kinds = []string{"blank", "text", "number", "bool", "error", "uncomputed", "picture"}

// cellWords writes what was read of a small workbook, cell by cell, or why it was refused.
func cellWords(t *testing.T, data []byte) string {
	book, refusal := open(data, "")
	if refusal != nil {
		return refusal.Code + " " + refusal.Detail
	}
	var out []string
	for _, s := range book.Sheets {
		for _, c := range s.Cells {
			line := fmt.Sprintf("%s %s %q", c.Place.Cell, kinds[c.Kind], c.Raw)
			if c.Shown != c.Raw {
				line += " shown " + c.Shown
			}
			if c.Struck != "" {
				line += " struck " + c.Struck
			}
			if c.Formula != "" {
				line += " formula " + c.Formula
			}
			for i, yes := range []bool{c.IsDate, c.Hidden, !c.Filled} {
				if yes {
					line += []string{" date", " hidden", " blank"}[i]
				}
			}
			out = append(out, line)
		}
		for _, m := range s.merges {
			out = append(out, fmt.Sprint("merged ", m))
		}
		for _, c := range s.comments {
			out = append(out, "note "+c.cell+" "+c.text)
		}
	}
	for _, n := range book.Names {
		out = append(out, fmt.Sprintf("name %s of %q: %s", n.Name, n.Scope, n.RefersTo))
	}
	return strings.Join(out, "; ")
}

func TestSmallWorkbooks(t *testing.T) {
	row := func(cells string) string { return `<sheetData><row r="1">` + cells + `</row></sheetData>` }
	fonts := `<numFmts><numFmt numFmtId="200" formatCode="0&quot;人&quot;"/></numFmts><fonts><font/><font><strike/></font><font><strike val="0"/><color rgb="FFFFFFFF"/></font><font><color theme="0"/></font><font><color rgb="FF000000"/></font></fonts>` +
		`<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"><fgColor rgb="FF000000"/></patternFill></fill><fill><patternFill patternType="solid"><fgColor rgb="FF000000"/></patternFill></fill></fills>` +
		`<cellXfs><xf/><xf fontId="1"/><xf fontId="2"/><xf fontId="3" fillId="1"/><xf fontId="3" fillId="2"/><xf fontId="4" fillId="2"/><xf numFmtId="200"/><xf numFmtId="14"/><xf fontId="9" fillId="9"/></cellXfs>`
	for _, c := range []struct {
		what, sheet string
		more        map[string]string
		want        string
	}{
		{"types", row(`<c r="A1"><v>12</v></c><c r="B1" t="n"><v> 1.5 </v></c><c r="C1" t="s"><v>0</v></c><c r="D1" t="str"><v>字_x000D_</v></c><c r="E1" t="inlineStr"><is><t>内</t></is></c><c r="F1" t="b"><v>1</v></c><c r="G1" t="b"><v>0</v></c><c r="H1" t="e"><v>#N/A</v></c><c r="I1" t="d"><v>2024-08-01T00:00:00</v></c><c r="J1" t="d"><v>八月</v></c>`), nil, `A1 number "12"; B1 number "1.5"; C1 text "零"; D1 text "字\r"; E1 text "内"; F1 bool "1" shown TRUE; G1 bool "0" shown FALSE; H1 error "#N/A"; I1 number "45505" shown 2024-08-01T00:00:00 date; J1 text "八月"`},
		{"strings", row(`<c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>2</v></c>`), nil, `A1 text "新" struck 旧; B1 text "\r" blank`},
		{"a string too many", row(`<c r="A1" t="s"><v>3</v></c>`), nil, "LHT-1-006 sheet1.xml：单元格 A1 的文字缺失"},
		{"the last string", row(`<c r="A1" t="s"><v>2</v></c>`), nil, `A1 text "\r" blank`},
		{"a string that is no number", row(`<c r="A1" t="s"><v>x</v></c>`), nil, "LHT-1-006 sheet1.xml：单元格 A1 的文字缺失"},
		{"neither true nor false", row(`<c r="A1" t="b"><v>2</v></c>`), nil, "LHT-1-006 sheet1.xml：单元格 A1 的是否值有误"},
		{"nothing", row(`<c r="A1"/><c r="B1" s="1"><v></v></c><c r="C1" t="inlineStr"><is><t></t></is></c><c r="D1" t="str"><v> </v></c>`), nil, `D1 text " " blank`},
		{"formulas", row(`<c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>1+1</f></c><c r="C1"><f>1+1</f><v></v></c><c r="D1" t="str"><f>A1</f><v></v></c><c r="E1"><f t="shared" si="0"/><v>3</v></c><c r="F1"><f t="array"/><v>3</v></c>`), nil, `A1 number "2" formula 1+1; B1 uncomputed "=1+1" formula 1+1; C1 uncomputed "=1+1" formula 1+1; D1 text "" formula A1 blank; E1 number "3" formula shared; F1 number "3"`},
		{"pictures", row(`<c r="A1" t="e" vm="1"><v>#VALUE!</v></c><c r="B1" t="e"><v>#VALUE!</v></c><c r="C1" t="str"><f>IMAGE("x")</f><v></v></c>`), nil, `A1 picture "#VALUE!" shown ; B1 error "#VALUE!"; C1 picture "" formula IMAGE("x") blank`},
		{"an unknown type", row(`<c r="A1" t="z"><v>1</v></c>`), nil, "LHT-1-006 sheet1.xml：单元格 A1 的类型不认识"},
		{"no number", row(`<c r="A1"><v>1,2</v></c>`), nil, "LHT-1-006 sheet1.xml：单元格 A1 的数字有误"},
		{"two values", row(`<c r="A1"><v>1</v><v>2</v></c>`), nil, "LHT-1-006 sheet1.xml：一个单元格有两个值"},
		{"text in a cell of numbers", row(`<c r="A1"><is><t>x</t></is></c>`), nil, "LHT-1-006 sheet1.xml：单元格 A1 的内容与类型不符"},
		{"no names", `<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c r="C2"><v>3</v></c><c><v>4</v></c></row></sheetData>`, nil, `A1 number "1"; B1 number "2"; C2 number "3"; D2 number "4"`},
		{"out of order", `<sheetData><row r="2"><c r="B2"><v>2</v></c><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>0</v></c></row></sheetData>`, nil, `A1 number "0"; A2 number "1"; B2 number "2"`},
		{"out of order in a row", `<sheetData><row r="1"><c r="B1"><v>2</v></c><c r="A1"><v>1</v></c></row></sheetData>`, nil, `A1 number "1"; B1 number "2"`},
		{"a cell twice", `<sheetData><row r="1"><c r="B1"><v>2</v></c><c r="B1"><v>1</v></c></row></sheetData>`, nil, "LHT-1-006 sheet1.xml：单元格 B1 出现两次"},
		{"a row twice, its cells apart", `<sheetData><row r="1"><c r="B1"><v>2</v></c></row><row r="1"><c r="A1"><v>1</v></c></row></sheetData>`, nil, `A1 number "1"; B1 number "2"`},
		{"a cell of another row", `<sheetData><row r="1"><c r="B2"><v>2</v></c></row></sheetData>`, nil, "LHT-1-006 sheet1.xml：单元格 B2 的位置有误"},
		{"row zero", `<sheetData><row r="0"/></sheetData>`, nil, "LHT-1-006 sheet1.xml：行号有误"},
		{"the last row", `<sheetData><row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>`, nil, `A1048576 number "1"`},
		{"a row too far", `<sheetData><row r="1048577"/></sheetData>`, nil, "LHT-1-006 sheet1.xml：行号有误"},
		{"the last column", row(`<c r="XFD1"><v>1</v></c>`), nil, `XFD1 number "1"`},
		{"a column too far", row(`<c r="XFD1"><v>1</v></c><c><v>1</v></c>`), nil, "LHT-1-006 sheet1.xml：列号有误"},
		{"a cell beside its row", `<sheetData><c r="A1"><v>1</v></c></sheetData>`, nil, "LHT-1-006 sheet1.xml：单元格不在它的行里"},
		{"a row beside its sheet", `<row r="1"/>`, nil, "LHT-1-006 sheet1.xml：单元格不在它的行里"},
		{"shared formulas", `<sheetData><row r="1"><c r="B1"><f t="shared" ref="B1:B3" si="4">A1*2</f><v>2</v></c></row><row r="3"><c r="B3"><f t="shared" si="4"/><v>3</v></c><c r="C3"><f t="shared" si="5"/><v>3</v></c></row></sheetData>`, nil,
			`B1 number "2" formula A1*2; B3 number "3" formula A3*2; C3 number "3" formula shared`},
		{"hidden", `<cols><col min="2" max="3" hidden="1"/><col min="5" max="5" width="0"/><col min="6" max="6" hidden="0" width="9"/></cols><sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c><c r="C1"><v>1</v></c><c r="D1"><v>1</v></c><c r="E1"><v>1</v></c><c r="F1"><v>1</v></c></row><row r="2" hidden="1"><c r="A2"><v>1</v></c></row><row r="3" ht="0"><c r="A3"><v>1</v></c></row><row r="4" hidden="0" ht="15"><c r="A4"><v>1</v></c></row></sheetData>`, nil, `A1 number "1"; B1 number "1" hidden; C1 number "1" hidden; D1 number "1"; E1 number "1" hidden; F1 number "1"; A2 number "1" hidden; A3 number "1" hidden; A4 number "1"`},
		{"low and narrow", `<cols><col min="2" max="2" width="0.3"/></cols><sheetData><row r="1" ht="0.75"><c r="A1"><v>1</v></c></row><row r="2" ht="15"><c r="A2"><v>1</v></c><c r="B2"><v>1</v></c></row></sheetData>`, nil, `A1 number "1" hidden; A2 number "1"; B2 number "1" hidden`},
		{"under conditional formats", row(`<c r="A1"><v>1</v></c><c r="B1"><v>1</v></c><c r="C1"><v>1</v></c><c r="D1"><v>1</v></c><c r="E1"><v>1</v></c>`) +
			`<conditionalFormatting sqref="A1 C1"><cfRule dxfId="0"/></conditionalFormatting><conditionalFormatting sqref="B1"><cfRule dxfId="1"/></conditionalFormatting><conditionalFormatting sqref="D1"><cfRule dxfId="2"/></conditionalFormatting><conditionalFormatting sqref="E1"><cfRule dxfId="9"/></conditionalFormatting>`,
			map[string]string{"styles": `<dxfs><dxf><numFmt numFmtId="200" formatCode="&quot;9&quot;"/></dxf><dxf><font><color theme="0"/></font></dxf><dxf><font><color theme="0"/></font><fill><patternFill><bgColor rgb="FFC00000"/></patternFill></fill></dxf></dxfs>`},
			`A1 number "1" hidden; B1 number "1" hidden; C1 number "1" hidden; D1 number "1"; E1 number "1"`},
		{"written in white", row(`<c r="A1" s="1"><v>1</v></c>`), map[string]string{"styles": `<numFmts><numFmt numFmtId="200" formatCode="[White]0"/></numFmts><fonts><font/></fonts><cellXfs><xf/><xf numFmtId="200"/></cellXfs>`}, `A1 number "1" hidden`},
		{"specks, and black on black", row(`<c r="A1" s="1"><v>1</v></c><c r="B1" s="2"><v>1</v></c><c r="C1" s="3"><v>1</v></c><c r="D1" s="4"><v>1</v></c><c r="E1" s="5"><v>1</v></c>`),
			map[string]string{"styles": `<fonts><font><sz val="11"/></font><font><sz val="1"/></font><font><color theme="1"/></font><font><color auto="1"/></font></fonts><fills><fill/><fill><patternFill patternType="solid"><fgColor rgb="FF000000"/></patternFill></fill></fills><cellXfs><xf/><xf fontId="1"/><xf fillId="1"/><xf fontId="2" fillId="1"/><xf fontId="3" fillId="1"/><xf fontId="2"/></cellXfs>`},
			`A1 number "1" hidden; B1 number "1" hidden; C1 number "1" hidden; D1 number "1" hidden; E1 number "1"`},
		{"runs that can't be seen", row(`<c r="A1" t="inlineStr"><is><r><rPr><color rgb="FFFFFFFF"/></rPr><t>1</t></r><r><t>2</t></r></is></c><c r="B1" t="inlineStr"><is><r><rPr><sz val="1"/></rPr><t>1</t></r><r><t>2</t></r></is></c><c r="C1" t="inlineStr"><is><r><rPr><sz val="9"/><color rgb="FF000000"/></rPr><t>1</t></r><r><rPr><color theme="0"/></rPr><t> </t></r></is></c>`), nil, `A1 text "12" hidden; B1 text "12" hidden; C1 text "1 "`},
		{"colours by theme", row(`<c r="A1" s="1"><v>1</v></c><c r="B1" s="2"><v>1</v></c><c r="C1" s="3"><v>1</v></c><c r="D1" s="4"><v>1</v></c><c r="E1" s="5"><v>1</v></c><c r="F1" s="6"><v>1</v></c>`),
			map[string]string{"theme": `<dk1><sysClr lastClr="000000"/></dk1><lt1><sysClr lastClr="FFFFFF"/></lt1><dk2><srgbClr val="44546A"/></dk2><lt2><srgbClr val="E7E6E6"/></lt2><accent1><srgbClr val="FFC000"/></accent1>`,
				"styles": `<fonts><font><color theme="0" tint="-0.05"/></font><font><color theme="0" tint="-0.5"/></font><font><color theme="4" tint="0.8"/></font><font><color indexed="26"/></font><font><color indexed="10"/></font></fonts>` +
					`<fills><fill/><fill><patternFill patternType="solid"><fgColor rgb="FFFFF2CC"/></patternFill></fill><fill><gradientFill><stop><color indexed="10"/></stop></gradientFill></fill></fills><cellXfs><xf/><xf/><xf fontId="1"/><xf fontId="2" fillId="1"/><xf fontId="3"/><xf fontId="4"/><xf fontId="4" fillId="2"/></cellXfs>`},
			`A1 number "1" hidden; B1 number "1"; C1 number "1" hidden; D1 number "1"; E1 number "1"; F1 number "1" hidden`},
		{"zeros", `<sheetViews><sheetView showZeros="0"/></sheetViews>` + row(`<c r="A1"><v>0</v></c><c r="B1"><v>0.00</v></c><c r="C1"><v>10</v></c><c r="D1" t="str"><v>0</v></c>`), nil, `A1 number "0" hidden; B1 number "0.00" hidden; C1 number "10"; D1 text "0"`},
		{"zeros that are shown", `<sheetViews><sheetView showZeros="1"/></sheetViews>` + row(`<c r="A1"><v>0</v></c>`), nil, `A1 number "0"`},
		{"repeated", row(`<c r="A1" s="1"><v>12</v></c><c r="B1" s="2"><v>12</v></c>`), map[string]string{"styles": `<fonts><font/></fonts><cellXfs><xf/><xf><alignment horizontal="fill"/></xf><xf><alignment horizontal="center"/></xf></cellXfs>`}, `A1 number "12" hidden; B1 number "12"`},
		{"bars and icons alone", row(`<c r="A1"><v>1</v></c><c r="B1"><v>1</v></c><c r="C1"><v>1</v></c>`) +
			`<conditionalFormatting sqref="A1"><cfRule type="dataBar"><dataBar showValue="0"/></cfRule></conditionalFormatting><conditionalFormatting sqref="B1"><cfRule type="iconSet"><iconSet showValue="false"/></cfRule></conditionalFormatting><conditionalFormatting sqref="C1"><cfRule type="dataBar"><dataBar/></cfRule></conditionalFormatting><dataBar showValue="0"/>`, nil,
			`A1 number "1" hidden; B1 number "1" hidden; C1 number "1"`},
		{"conditional formats of an extension", row(`<c r="A1"><v>1</v></c><c r="B1"><v>1</v></c><c r="C1"><v>1</v></c><c r="D1"><v>1</v></c>`) +
			`<extLst><ext xmlns:n="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:m="http://schemas.microsoft.com/office/excel/2006/main"><n:conditionalFormattings><n:conditionalFormatting><n:cfRule><n:dxf><font><color theme="0"/></font></n:dxf></n:cfRule><m:sqref>A1</m:sqref></n:conditionalFormatting>` +
			`<n:conditionalFormatting><n:cfRule><n:iconSet showValue="0"/></n:cfRule><m:sqref>B1</m:sqref></n:conditionalFormatting><n:conditionalFormatting><n:cfRule><n:dxf><font><color rgb="FFFF0000"/></font></n:dxf></n:cfRule><m:sqref>C1</m:sqref></n:conditionalFormatting>` +
			`<n:conditionalFormatting><n:cfRule><n:dxf><font><color theme="0" tint="-0.05"/></font></n:dxf></n:cfRule><m:sqref>D1</m:sqref></n:conditionalFormatting></n:conditionalFormattings></ext></extLst>`,
			map[string]string{"theme": `<dk1><sysClr lastClr="000000"/></dk1><lt1><sysClr lastClr="FFFFFF"/></lt1><dk2/><lt2/>`}, `A1 number "1" hidden; B1 number "1" hidden; C1 number "1"; D1 number "1" hidden`},
		{"a hidden sheet", row(`<c r="A1"><v>1</v></c>`), map[string]string{"sheets": `<sheet name="表" sheetId="1" state="hidden" r:id="r1"/>`}, `A1 number "1" hidden`},
		{"a very hidden sheet", row(`<c r="A1"><v>1</v></c>`), map[string]string{"sheets": `<sheet name="表" sheetId="1" state="veryHidden" r:id="r1"/>`}, `A1 number "1" hidden`},
		{"looks", row(`<c r="A1" s="0"><v>1</v></c><c r="B1" s="1"><v>1</v></c><c r="C1" s="2"><v>1</v></c><c r="D1" s="3"><v>1</v></c><c r="E1" s="4"><v>1</v></c><c r="F1" s="5"><v>1</v></c><c r="G1" s="6"><v>1</v></c><c r="H1" s="7"><v>45505</v></c><c r="I1" s="8"><v>1</v></c><c r="J1" s="9"><v>1</v></c><c r="K1" s="1" t="s"><v>1</v></c>`), map[string]string{"styles": fonts}, `A1 number "1"; B1 number "1" struck 1; C1 number "1" hidden; D1 number "1" hidden; E1 number "1"; F1 number "1" hidden; G1 number "1" shown 1人; H1 number "45505" shown 2024-08-01 date; I1 number "1"; J1 number "1"; K1 text "新" struck 新`},
		{"since 1904", row(`<c r="A1" s="7"><v>44043</v></c><c r="B1"><v>44043</v></c>`), map[string]string{"styles": fonts, "properties": `<workbookPr date1904="1"/>`}, `A1 number "45505" shown 2024-08-01 date; B1 number "44043"`},
		{"since 1904, said otherwise", row(`<c r="A1" s="7"><v>44043</v></c>`), map[string]string{"styles": fonts, "properties": `<workbookPr date1904="true"/>`}, `A1 number "45505" shown 2024-08-01 date`},
		{"since 1900", row(`<c r="A1" s="7"><v>44043</v></c>`), map[string]string{"styles": fonts, "properties": `<workbookPr date1904="0"/>`}, `A1 number "44043" shown 2020-07-31 date`},
		{"merged", row(`<c r="A1"><v>1</v></c>`) + `<mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="C1"/><mergeCell ref="x:y"/></mergeCells>`, nil, `A1 number "1"; merged {A1:B2 {1 1 2 2}}`},
		{"names", row(`<c r="A1"><v>1</v></c>`), map[string]string{"names": `<definedNames><definedName name="a">表!$A$1</definedName><definedName name="b" localSheetId="0">表!$A$1</definedName><definedName name="c" localSheetId="1">表!$A$1</definedName></definedNames>`}, `A1 number "1"; name a of "": 表!$A$1; name b of "表": 表!$A$1; name c of "1": 表!$A$1`},
		{"notes", row(`<c r="A1"><v>1</v></c>`), map[string]string{"comments": `<authors><author>甲</author><author>乙</author></authors><commentList><comment ref="A1" authorId="1"><text><r><t>乙:</t></r><r><t> 已核</t></r></text></comment><comment ref="B1" authorId="0"><text><t>乙: 已核</t></text></comment><comment ref="C1" authorId="2"><text><t>话</t></text></comment><comment ref="D1" authorId="0"><text><t> </t></text></comment></commentList>`}, `A1 number "1"; note A1 已核; note B1 乙: 已核; note C1 话`},
		{"no sheets", ``, map[string]string{"sheets": ``}, "LHT-1-013 没有工作表"},
		{"a picture's number is raised", row(`<c r="A1" t="inlineStr"><is><r><t>m</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r><r><rPr><vertAlign val="subscript"/></rPr><t>3</t></r><r><rPr><vertAlign val="baseline"/></rPr><t>4</t></r></is></c>`), nil, `A1 text "m²₃4"`},
		{"a first look that strikes", row(`<c r="A1" s="0"><v>1</v></c><c r="B1"><v>1</v></c>`), map[string]string{"styles": `<fonts><font><strike/></font></fonts><cellXfs><xf/></cellXfs>`}, `A1 number "1" struck 1; B1 number "1"`},
		{"a sheet of another language", row(`<c r="A1"><v>1</v></c>`), map[string]string{"sheets": `<sheet name="表" sheetId="1" r:id="r1"/><x:sheet xmlns:x="urn:x" name="假" sheetId="2"/>`}, `A1 number "1"`},
		{"a cell of another language", row(`<x:c xmlns:x="urn:x" r="A1"><x:v>1</x:v></x:c><c r="B1"><v>2</v></c>`), nil, `B1 number "2"`},
		{"a format for texts", row(`<c r="A1" s="1" t="str"><v>甲</v></c><c r="B1" s="1"><v>1</v></c>`), map[string]string{"styles": `<numFmts><numFmt numFmtId="200" formatCode="0;-0;0;@&quot;（代填）&quot;"/></numFmts><cellXfs><xf/><xf numFmtId="200"/></cellXfs>`},
			`A1 text "甲" shown 甲（代填）; B1 number "1"`},
		{"a format without a number", row(`<c r="A1"><v>1</v></c>`), map[string]string{"styles": `<numFmts><numFmt numFmtId="x" formatCode="0"/></numFmts>`}, "LHT-1-006 styles.xml：数字格式编号有误"},
	} {
		if got := cellWords(t, small(t, c.sheet, c.more)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
}

func TestSmallLimits(t *testing.T) {
	repeat := func(n int, s string) string { return strings.Repeat(s, n) }
	for _, c := range []struct {
		what string
		at   func(n int) []byte
		most int
		code string
	}{
		{"merges", func(n int) []byte {
			return small(t, `<sheetData/><mergeCells>`+repeat(n, `<mergeCell ref="A1:B2"/>`)+`</mergeCells>`, nil)
		}, maxMerges, CodeManyParts},
		{"names", func(n int) []byte {
			return small(t, `<sheetData/>`, map[string]string{"names": `<definedNames>` + repeat(n, `<definedName name="a">A!$A$1</definedName>`) + `</definedNames>`})
		}, maxNames, CodeManyParts},
		{"styles", func(n int) []byte {
			return small(t, `<sheetData/>`, map[string]string{"styles": `<cellXfs>` + repeat(n, `<xf/>`) + `</cellXfs>`})
		}, maxStyles, CodeManyParts},
		{"characters of a cell", func(n int) []byte {
			return small(t, `<sheetData><row><c t="str"><v>`+repeat(n, "字")+`</v></c></row></sheetData>`, nil)
		}, maxText, CodeManyParts},
		{"cells", func(n int) []byte {
			return small(t, `<sheetData>`+repeat(n/1000, `<row>`+repeat(1000, `<c><v>1</v></c>`)+`</row>`)+`<row>`+repeat(n%1000, `<c><v>1</v></c>`)+`</row></sheetData>`, nil)
		}, maxCells, CodeManyParts},
		{"sheets", func(n int) []byte {
			sheets := ""
			for i := range n {
				sheets += fmt.Sprintf(`<sheet name="%d" sheetId="%d" r:id="r%d"/>`, i, i, i+1)
			}
			return small(t, `<sheetData/>`, map[string]string{"sheets": sheets})
		}, maxSheets, CodeManyParts},
	} {
		for n, over := range map[int]bool{c.most: false, c.most + 1: true} {
			_, refusal := open(c.at(n), "")
			if got := refusal != nil && refusal.Code == c.code; got != over {
				t.Errorf("%d %s: %+v", n, c.what, refusal)
			}
		}
	}
}
