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
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// catalogue is everything that is tried: on the way, under a wrong name, to the structure, to single values.
var catalogue = []entry{
	{"cut_half", "传输中断，只到了一半", "", func(c *copying) Want { c.data = c.data[:len(c.data)/2]; return refused("LHT-1-005") }},
	{"cut_tail", "最后 100 个字节没有传到", "", func(c *copying) Want { c.data = c.data[:len(c.data)-100]; return refused("LHT-1-005") }},
	{"zero_tail", "下载中断，后十分之一是零", "", func(c *copying) Want { clear(c.data[len(c.data)*9/10:]); return refused("LHT-1-005") }},
	{"flip_bit", "存储出错，最大的工作表里一个比特翻转", "", func(c *copying) Want {
		at, size := c.largest()
		c.data[at+size/2] ^= 0x10
		return refused("LHT-1-006")
	}},
	{"crc_zero", "一个比特翻转，校验值又被写成零", "", func(c *copying) Want {
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
		return refused("LHT-1-006")
	}},
	{"text_mode", "按文本方式传输，换行符被改写", "", func(c *copying) Want {
		c.data = bytes.ReplaceAll(c.data, []byte("\n"), []byte("\r\n"))
		return refused("LHT-1-005", "LHT-1-006")
	}},
	{"recoded", "当作文字转过一次编码", "", func(c *copying) Want {
		c.data = []byte(strings.ToValidUTF8(string(c.data), "�"))
		return refused("LHT-1-005", "LHT-1-006")
	}},
	{"base64", "邮件的 Base64 编码没有还原", "", func(c *copying) Want {
		c.data = []byte(base64.StdEncoding.EncodeToString(c.data))
		return refused("LHT-1-005")
	}},
	{"appended", "结尾被邮件网关加上一段文字", "", func(c *copying) Want {
		c.data = append(c.data, "\n-- 本邮件已经安全扫描"...)
		return refused("LHT-1-006")
	}},
	{"empty", "附件是空文件", "", func(c *copying) Want { c.data = nil; return refused("LHT-1-016") }},
	{"zip_cut", "压缩包没有传完", ".zip", func(c *copying) Want { c.pack(false); c.data = c.data[:len(c.data)-30]; return refused("LHT-1-008") }},
	{"zip_password", "放在有密码的压缩包里", ".zip", func(c *copying) Want { c.pack(true); return refused("LHT-1-007") }},
	{"zip_good", "放在压缩包里", ".zip", func(c *copying) Want { c.pack(false); return unharmed() }},

	{"password", "加了打开密码", "", func(c *copying) Want { c.encrypt("a1B2c3"); return refused("LHT-1-001") }},
	{"read_only", "用 Excel 设成“建议只读”的默认加密", "", func(c *copying) Want { c.encrypt(ooxml.Password); return unharmed() }},
	{"xls", "另存为旧版 .xls 后改了后缀", "", func(c *copying) Want { c.oldExcel(); return refused("LHT-1-002") }},
	{"xls_name", "内容没变，只把后缀改成 .xls", ".xls", func(*copying) Want { return unharmed() }},
	{"html", "另存为网页后改了后缀", "", func(c *copying) Want {
		c.data = []byte("<html><body><table><tr><td>1</td></tr></table></body></html>")
		return refused("LHT-1-003")
	}},
	{"csv", "另存为 CSV 后改了后缀", "", func(c *copying) Want { c.data = c.csv(); return refused("LHT-1-004") }},
	{"docx", "报成了 Word 文件", "", func(c *copying) Want {
		c.data = packed([]ooxml.Part{{Name: "[Content_Types].xml", Data: []byte("<Types>wordprocessingml</Types>")}, {Name: "word/document.xml", Data: []byte("<document/>")}})
		return refused("LHT-1-020")
	}},
	{"pdf", "报成了 PDF 扫描件", "", func(c *copying) Want { c.data = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"); return refused("LHT-1-020") }},
	{"macro", "另存为含宏的工作簿后改了后缀", "", func(c *copying) Want {
		c.edit("[Content_Types].xml", "spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main", 1)
		return refused("LHT-1-018")
	}},
	{"other_book", "报成了另一份工作簿", "", func(c *copying) Want { c.data = otherBook(); return refused("LHT-1-013") }},
	{"last_year", "用了别的年度的模板", "", func(c *copying) Want {
		c.meta(templates.MetaYear, strconv.Itoa(c.Definition.Year-1))
		return refused("LHT-1-015")
	}},
	{"old_version", "用了不再接受的模板版本", "", func(c *copying) Want { c.meta(templates.MetaVersion, "9999"); return refused("LHT-1-014") }},

	{"part_lost", "重新压缩时漏了一张工作表", "", func(c *copying) Want { c.drop("xl/worksheets/sheet1.xml"); return refused("LHT-1-006") }},
	{"texts_lost", "重新压缩时漏了文字部件", "", func(c *copying) Want { c.drop("xl/sharedStrings.xml"); return refused("LHT-1-006") }},
	{"twin_sheets", "两张工作表同名", "", func(c *copying) Want { c.twin(); return refused("LHT-1-006") }},
	{"rezipped", "解开后重新压缩，内容没变", "", func(c *copying) Want { c.data = packed(c.parts()); return unharmed() }},
	{"sheet_deleted", "删掉了一张工作表", "", func(c *copying) Want {
		title := c.date().Place.Sheet
		c.book(func(f *excelize.File) error { return f.DeleteSheet(title) })
		return found(model.Place{Sheet: title}, "LHT-1-032")
	}},
	{"main_sheet_deleted", "删掉了年度数据那张工作表", "", func(c *copying) Want {
		c.book(func(f *excelize.File) error { return f.DeleteSheet(c.number().Place.Sheet) })
		return refused("LHT-1-013")
	}},
	{"row_deleted", "删掉了一行栏目", "", func(c *copying) Want {
		e := c.number()
		c.book(func(f *excelize.File) error { return f.RemoveRow(e.Place.Sheet, e.Row) })
		return found(model.Place{Sheet: e.Place.Sheet}, "LHT-1-032")
	}},
	{"row_inserted", "在栏目上方插入了一行", "", func(c *copying) Want {
		e := c.number()
		c.book(func(f *excelize.File) error { return f.InsertRows(e.Place.Sheet, e.Row, 1) })
		return unharmed()
	}},
	{"column_inserted", "在左边插入了一列", "", func(c *copying) Want {
		c.book(func(f *excelize.File) error { return f.InsertCols(c.number().Place.Sheet, "A", 1) })
		return unharmed()
	}},
	{"sheet_renamed", "工作表改了名字", "", func(c *copying) Want {
		c.book(func(f *excelize.File) error { return f.SetSheetName(c.number().Place.Sheet, "表一") })
		return unharmed()
	}},
	{"sheet_copied", "复制出一张同样的工作表", "", func(c *copying) Want {
		c.book(func(f *excelize.File) error {
			from, err := f.GetSheetIndex(c.number().Place.Sheet)
			must(err)
			to, err := f.NewSheet("副本")
			must(err)
			return f.CopySheet(from, to)
		})
		return unharmedBut(model.Place{Sheet: "副本"}, "LHT-1-030")
	}},
	{"names_lost", "别的程序另存，单元格名称全丢", "", func(c *copying) Want {
		c.replace("xl/workbook.xml", regexp.MustCompile(`(?s)<definedNames>.*</definedNames>`), "")
		return unharmedBut(model.Place{}, "LHT-1-031")
	}},
	{"identity_lost", "模板标识表被删", "", func(c *copying) Want {
		c.book(func(f *excelize.File) error { return f.DeleteSheet(templates.MetaSheet) })
		return unharmedBut(model.Place{}, "LHT-1-033")
	}},
	{"merges_lost", "合并单元格全被拆开", "", func(c *copying) Want {
		c.replace("xl/worksheets/", regexp.MustCompile(`(?s)<mergeCells.*?</mergeCells>`), "")
		return unharmed()
	}},
	{"unprotected", "工作表保护被取消", "", func(c *copying) Want {
		c.replace("xl/worksheets/", regexp.MustCompile(`<sheetProtection[^>]*?(?:/>|></sheetProtection>)`), "")
		return unharmed()
	}},
	{"label_pasted", "粘贴时盖掉了栏目的标签", "", func(c *copying) Want {
		e, at := c.label()
		c.book(func(f *excelize.File) error { return f.SetCellStr(e.Place.Sheet, at, "12345") })
		return found(model.Place{Sheet: e.Place.Sheet, Cell: e.Place.Cell}, "LHT-1-030")
	}},
	{"cell_moved", "剪切单元格，粘贴到了下一行", "", func(c *copying) Want { return c.moved() }},

	{"number_blanked", "误删了一个数", "", func(c *copying) Want { return c.retype(c.number(), nil, "LHT-2-001") }},
	{"number_worded", "数字栏写成了文字", "", func(c *copying) Want { return c.retype(c.number(), "若干", "LHT-2-003") }},
	{"number_wan", "带着“万”字写数", "", func(c *copying) Want { return c.retype(c.number(), "12万", "LHT-2-010") }},
	{"number_negative", "多打了一个负号", "", func(c *copying) Want { return c.retype(c.number(), -3, "LHT-2-007") }},
	{"formula_error", "公式引用失效，显示 #REF!", "", func(c *copying) Want {
		e := c.number()
		c.cellXML(e, `<c r="`+e.Place.Cell+`" t="e"><f>#REF!</f><v>#REF!</v></c>`)
		return found(e.Place, "LHT-2-038")
	}},
	{"fraction", "百分比填成了小数", "", func(c *copying) Want { return c.retype(c.percent(), 0.45, "LHT-2-009") }},
	{"percent_over", "百分比超过 100", "", func(c *copying) Want { return c.retype(c.percent(), 145, "LHT-2-006") }},
	{"date_worded", "日期写成了文字", "", func(c *copying) Want { return c.retype(c.date(), "八月上旬", "LHT-2-004") }},
	{"number_as_text", "数字存成了文本，还是全角的", "", func(c *copying) Want {
		e := c.number()
		c.book(func(f *excelize.File) error { return f.SetCellStr(e.Place.Sheet, e.Place.Cell, " "+wide(e.Raw)+" ") })
		return unharmed()
	}},
	{"date_as_text", "日期写成“×年×月×日”的文字", "", func(c *copying) Want {
		e := c.date()
		day, err := time.Parse(time.DateOnly, e.Shown)
		must(err)
		c.book(func(f *excelize.File) error {
			return f.SetCellStr(e.Place.Sheet, e.Place.Cell, day.Format("2006年1月2日"))
		})
		return unharmed()
	}},
	{"scribbled", "在栏目之外写了备注", "", func(c *copying) Want {
		at := model.Place{Sheet: c.number().Place.Sheet, Cell: "AZ3"}
		c.book(func(f *excelize.File) error { return f.SetCellStr(at.Sheet, at.Cell, "此表已核") })
		return unharmedBut(at, "LHT-1-034")
	}},
}
