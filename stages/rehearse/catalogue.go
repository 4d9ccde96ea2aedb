package rehearse

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// catalogue is everything that is tried: on the way, under a wrong name, to the structure, to single values.
var catalogue = []entry{
	{"cut_half", "传输中断，只到了一半", "", refused("LHT-1-005"), func(c *copying) { c.data = c.data[:len(c.data)/2] }},
	{"cut_tail", "最后 100 个字节没有传到", "", refused("LHT-1-005"), func(c *copying) { c.data = c.data[:len(c.data)-100] }},
	{"zero_tail", "下载中断，后十分之一是零", "", refused("LHT-1-005"), func(c *copying) { clear(c.data[len(c.data)*9/10:]) }},
	{"flip_bit", "存储出错，最大的工作表里一个比特翻转", "", refused("LHT-1-006"), func(c *copying) {
		at, size := c.largest()
		c.data[at+size/2] ^= 0x10
	}},
	{"crc_zero", "一个比特翻转，校验值又被写成零", "", refused("LHT-1-006"), func(c *copying) {
		at, size := c.largest()
		c.data[at+size/2] ^= 0x10
		for i := bytes.Index(c.data, centralHeader); i >= 0; {
			binary.LittleEndian.PutUint32(c.data[i+16:], 0)
			next := bytes.Index(c.data[i+4:], centralHeader)
			if next < 0 {
				break
			}
			i += 4 + next
		}
	}},
	{"text_mode", "按文本方式传输，换行符被改写", "", refused("LHT-1-005", "LHT-1-006"), func(c *copying) {
		c.data = bytes.ReplaceAll(c.data, []byte("\n"), []byte("\r\n"))
	}},
	{"recoded", "当作文字转过一次编码", "", refused("LHT-1-005", "LHT-1-006"), func(c *copying) {
		c.data = []byte(strings.ToValidUTF8(string(c.data), "�"))
	}},
	{"base64", "邮件的 Base64 编码没有还原", "", refused("LHT-1-005"), func(c *copying) {
		c.data = []byte(base64.StdEncoding.EncodeToString(c.data))
	}},
	{"appended", "结尾被邮件网关加上一段文字", "", refused("LHT-1-006"), func(c *copying) {
		c.data = append(c.data, "\n-- 本邮件已经安全扫描"...)
	}},
	{"empty", "附件是空文件", "", refused("LHT-1-016"), func(c *copying) { c.data = nil }},
	{"zip_cut", "压缩包没有传完", ".zip", refused("LHT-1-008"), func(c *copying) {
		c.pack(false)
		c.data = c.data[:len(c.data)-30]
	}},
	{"zip_password", "放在有密码的压缩包里", ".zip", refused("LHT-1-007"), func(c *copying) { c.pack(true) }},
	{"zip_good", "放在压缩包里", ".zip", unharmed(), func(c *copying) { c.pack(false) }},

	{"password", "加了打开密码", "", refused("LHT-1-001"), func(c *copying) { c.encrypt("a1B2c3") }},
	{"read_only", "用 Excel 设成“建议只读”的默认加密", "", unharmed(), func(c *copying) { c.encrypt(ooxml.Password) }},
	{"xls", "另存为旧版 .xls 后改了后缀", "", refused("LHT-1-002"), func(c *copying) { c.oldExcel() }},
	{"xls_name", "内容没变，只把后缀改成 .xls", ".xls", unharmed(), func(*copying) {}},
	{"html", "另存为网页后改了后缀", "", refused("LHT-1-003"), func(c *copying) {
		c.data = []byte("<html><body><table><tr><td>1</td></tr></table></body></html>")
	}},
	{"csv", "另存为 CSV 后改了后缀", "", refused("LHT-1-004"), func(c *copying) { c.data = c.csv() }},
	{"docx", "报成了 Word 文件", "", refused("LHT-1-020"), func(c *copying) {
		c.data = packed([]ooxml.Part{{Name: "[Content_Types].xml", Data: []byte("<Types>wordprocessingml</Types>")}, {Name: "word/document.xml", Data: []byte("<document/>")}})
	}},
	{"pdf", "报成了 PDF 扫描件", "", refused("LHT-1-020"), func(c *copying) {
		c.data = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	}},
	{"macro", "另存为含宏的工作簿后改了后缀", "", refused("LHT-1-018"), func(c *copying) {
		c.edit("[Content_Types].xml", "spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main", 1)
	}},
	{"other_book", "报成了另一份工作簿", "", refused("LHT-1-013"), func(c *copying) { c.data = otherBook() }},
	{"last_year", "用了别的年度的模板", "", refused("LHT-1-015"), func(c *copying) {
		c.meta(templates.MetaYear, strconv.Itoa(c.Definition.Year-1))
	}},
	{"old_version", "用了不再接受的模板版本", "", refused("LHT-1-014"), func(c *copying) { c.meta(templates.MetaVersion, "9999") }},

	{"part_lost", "重新压缩时漏了一张工作表", "", refused("LHT-1-006"), func(c *copying) { c.drop("xl/worksheets/sheet1.xml") }},
	{"texts_lost", "重新压缩时漏了文字部件", "", refused("LHT-1-006"), func(c *copying) { c.drop("xl/sharedStrings.xml") }},
	{"twin_sheets", "两张工作表同名", "", refused("LHT-1-006"), func(c *copying) { c.twin() }},
	{"rezipped", "解开后重新压缩，内容没变", "", unharmed(), func(c *copying) { c.data = packed(c.parts()) }},
	{"sheet_deleted", "删掉了一张工作表", "", Want{}, func(c *copying) {
		title := c.date().Place.Sheet
		c.book(func(f *excelize.File) error { return f.DeleteSheet(title) })
		c.want = found(model.Place{Sheet: title}, "LHT-1-032")
	}},
	{"main_sheet_deleted", "删掉了年度数据那张工作表", "", refused("LHT-1-013"), func(c *copying) {
		c.book(func(f *excelize.File) error { return f.DeleteSheet(c.number().Place.Sheet) })
	}},
	{"row_deleted", "删掉了一行栏目", "", Want{}, func(c *copying) {
		e := c.number()
		c.book(func(f *excelize.File) error { return f.RemoveRow(e.Place.Sheet, e.Row) })
		c.want = found(model.Place{Sheet: e.Place.Sheet}, "LHT-1-032")
	}},
	{"row_inserted", "在栏目上方插入了一行", "", unharmed(), func(c *copying) {
		e := c.number()
		c.book(func(f *excelize.File) error { return f.InsertRows(e.Place.Sheet, e.Row, 1) })
	}},
	{"column_inserted", "在左边插入了一列", "", unharmed(), func(c *copying) {
		c.book(func(f *excelize.File) error { return f.InsertCols(c.number().Place.Sheet, "A", 1) })
	}},
	{"sheet_renamed", "工作表改了名字", "", unharmed(), func(c *copying) {
		c.book(func(f *excelize.File) error { return f.SetSheetName(c.number().Place.Sheet, "表一") })
	}},
	{"sheet_copied", "复制出一张同样的工作表", "", unharmedBut(model.Place{Sheet: "副本"}, "LHT-1-030"), func(c *copying) {
		c.book(func(f *excelize.File) error {
			from := try.Get(f.GetSheetIndex(c.number().Place.Sheet))
			return f.CopySheet(from, try.Get(f.NewSheet("副本")))
		})
	}},
	{"names_lost", "别的程序另存，单元格名称全丢", "", unharmedBut(model.Place{}, "LHT-1-031"), func(c *copying) {
		c.replace("xl/workbook.xml", regexp.MustCompile(`(?s)<definedNames>.*</definedNames>`), "")
	}},
	{"identity_lost", "模板标识表被删", "", unharmedBut(model.Place{}, "LHT-1-033"), func(c *copying) {
		c.book(func(f *excelize.File) error { return f.DeleteSheet(templates.MetaSheet) })
	}},
	{"merges_lost", "合并单元格全被拆开", "", unharmed(), func(c *copying) {
		c.replace("xl/worksheets/", regexp.MustCompile(`(?s)<mergeCells.*?</mergeCells>`), "")
	}},
	{"unprotected", "工作表保护被取消", "", unharmed(), func(c *copying) {
		c.replace("xl/worksheets/", regexp.MustCompile(`<sheetProtection[^>]*?(?:/>|></sheetProtection>)`), "")
	}},
	{"label_pasted", "粘贴时盖掉了栏目的标签", "", Want{}, func(c *copying) {
		e, at := c.label()
		c.put(model.Place{Sheet: e.Place.Sheet, Cell: at}, "12345")
		c.want = found(model.Place{Sheet: e.Place.Sheet, Cell: e.Place.Cell}, "LHT-1-030")
	}},
	{"cell_moved", "剪切单元格，粘贴到了下一行", "", Want{}, func(c *copying) { c.moved() }},

	{"number_blanked", "误删了一个数", "", Want{}, func(c *copying) { c.retype(c.number(), nil, "LHT-2-001") }},
	{"number_worded", "数字栏写成了文字", "", Want{}, func(c *copying) { c.retype(c.number(), "若干", "LHT-2-003") }},
	{"number_wan", "带着“万”字写数", "", Want{}, func(c *copying) { c.retype(c.number(), "12万", "LHT-2-010") }},
	{"number_negative", "多打了一个负号", "", Want{}, func(c *copying) { c.retype(c.number(), -3, "LHT-2-007") }},
	{"formula_error", "公式引用失效，显示 #REF!", "", Want{}, func(c *copying) {
		e := c.number()
		c.cellXML(e, `<c r="`+e.Place.Cell+`" t="e"><f>#REF!</f><v>#REF!</v></c>`)
		c.want = found(e.Place, "LHT-2-038")
	}},
	{"fraction", "百分比填成了小数", "", Want{}, func(c *copying) { c.retype(c.percent(), 0.45, "LHT-2-009") }},
	{"percent_over", "百分比超过 100", "", Want{}, func(c *copying) { c.retype(c.percent(), 145, "LHT-2-006") }},
	{"date_worded", "日期写成了文字", "", Want{}, func(c *copying) { c.retype(c.date(), "八月上旬", "LHT-2-004") }},
	{"number_as_text", "数字存成了文本，还是全角的", "", unharmed(), func(c *copying) {
		e := c.number()
		c.put(e.Place, " "+wide(e.Raw)+" ")
	}},
	{"date_as_text", "日期写成“×年×月×日”的文字", "", unharmed(), func(c *copying) {
		e := c.date()
		day := try.Get(time.Parse(time.DateOnly, e.Shown))
		c.put(e.Place, day.Format("2006年1月2日"))
	}},
	{"scribbled", "在栏目之外写了备注", "", Want{}, func(c *copying) {
		at := model.Place{Sheet: c.number().Place.Sheet, Cell: "AZ3"}
		c.put(at, "此表已核")
		c.want = unharmedBut(at, "LHT-1-034")
	}},
}
