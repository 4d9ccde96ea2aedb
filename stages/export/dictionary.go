package export

import (
	"bufio"
	"fmt"
	"io"
	"slices"
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
	for len(columns) > 0 {
		n := slices.IndexFunc(columns, func(c table.Meaning) bool { return c.Table != columns[0].Table })
		if n < 0 {
			n = len(columns)
		}
		page(b, d.Table(columns[0].Table), columns[:n])
		columns = columns[n:]
	}
	codes := table.Codes(d)
	fmt.Fprint(b, "\n# 代码\n")
	for i, c := range codes {
		if i == 0 || c.List != codes[i-1].List {
			fmt.Fprintf(b, "\n## %s\n\n", c.List)
			row(b, "代码", "名称", "分组", "单位", "说明", "出处")
			row(b, "---", "---", "---", "---", "---", "---")
		}
		said := c.Description
		if c.UCUM != "" {
			said += "（UCUM：" + c.UCUM + "）"
		}
		row(b, "`"+c.Code+"`", c.Label, c.Group, c.Unit, said, c.Paragraph)
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
