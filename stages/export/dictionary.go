package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// DictionaryName is the committed rendering of the dictionary, beside the year's definition.
const DictionaryName = "数据字典.md"

// DictionaryMarkdown writes the dictionary for people: what each table, each column and each code means.
func DictionaryMarkdown(w io.Writer, d *templates.Definition) error {
	columns, err := table.Dictionary(d)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s：%d年批次数据字典\n\n", d.Form.Title, d.Directory.Batch)
	fmt.Fprintf(b, "由 templates/%d 的定义生成，请勿手改。结构版本 %s。每张表是一个 .parquet 文件和一个内容相同的 .arrow 文件；", d.Year, d.Data.Version)
	fmt.Fprint(b, "各列的名称、单位、含义也在文件自带的元数据、datapackage.json 和 dictionary 表里。空表示没有，与0和空文字不同。\n\n"+CSVNote+"\n")
	for _, of := range table.Grouped(columns, func(c table.Meaning) string { return c.Table }) {
		page(b, d.Table(of[0].Table), of)
	}
	fmt.Fprint(b, "\n# 代码\n")
	for _, list := range table.Grouped(table.Codes(d), func(c table.Code) string { return c.List }) {
		fmt.Fprintf(b, "\n## %s\n\n", list[0].List)
		row(b, "代码", "名称", "分组", "单位", "说明", "出处")
		row(b, "---", "---", "---", "---", "---", "---")
		for _, c := range list {
			said := c.Description
			if c.UCUM != "" {
				said += "（UCUM：" + c.UCUM + "）"
			}
			row(b, "`"+c.Code+"`", c.Label, c.Group, c.Unit, said, c.Paragraph)
		}
	}
	return b.Flush()
}

func yes(b bool) string {
	if b {
		return "是"
	}
	return ""
}

// row writes one line of a table. What would end a cell or a line in Markdown is taken out of its way.
func row(w io.Writer, cells ...string) {
	for _, c := range cells {
		fmt.Fprint(w, "| ", strings.NewReplacer("|", "\\|", "\n", " ").Replace(c), " ")
	}
	fmt.Fprintln(w, "|")
}
