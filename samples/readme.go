package samples

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/templates"
)

// Readme lists every sample file, and everything planted in it.
func Readme(d *templates.Definition, fixtures []Fixture, extras []Extra) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %d 年样例\n\n**%s**：学校、企业、人员、电话、数字均为虚构，只有联合体名称、园区取自指导目录。\n\n", d.Year, Watermark)
	b.WriteString("`../fixtures/2024/` 是数据，工作簿由它生成（`go run ./samples/make`），本页也是。改样例请改那里。\n")
	b.WriteString("`pipeline` 的 `TestSamplesFindExactlyWhatWasPlanted` 断言：运行一次，查出的正好是下面这些，不多不少。\n\n")
	b.WriteString("| 文件 | 植入的情形 |\n|---|---|\n")
	for _, f := range fixtures {
		what := fmt.Sprintf("%d 处，见下", len(f.Defects))
		if len(f.Defects) == 0 {
			what = "无"
		}
		if f.PackageGBK {
			what += "；装在压缩包里，包内文件名为 GBK 编码"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", cellText(f.File), what)
	}
	for _, e := range extras {
		fmt.Fprintf(&b, "| %s | %s |\n", cellText(e.File), e.words())
	}
	for _, f := range fixtures {
		if len(f.Defects) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| 代码 | 程度 | 栏目 | 年度或行 | 植入的情形 |\n|---|---|---|---|---|\n", f.File)
		for _, x := range f.Defects {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", d.CodeOf(x.Rule), severity(d, x), fieldLabel(d, x.Field), where(x), cellText(x.Note))
		}
	}
	return b.Bytes()
}

// severity in the words of the workbooks.
func severity(d *templates.Definition, x Defect) string {
	if r := d.Rule(d.CodeOf(x.Rule)); r != nil {
		return model.Severity(r.Severity).Label()
	}
	return "只记录，不成问题"
}

func (e Extra) words() string {
	return map[string]string{
		"lock": "Excel 打开文件时产生的锁定文件，忽略", "pdf": "其实是 PDF，不予受理", "docx": "Word 文件，不是工作簿，忽略",
		"thumbs": "系统文件，忽略", "copy": "与 " + e.Of + " 逐字节相同，只采用一份",
	}[e.Kind]
}

func fieldLabel(d *templates.Definition, id string) string {
	var labels []string
	for _, part := range strings.Fields(strings.ReplaceAll(id, ",", " ")) {
		if f := d.Field(part); f != nil {
			part = f.Label
		}
		if !slices.Contains(labels, part) {
			labels = append(labels, part)
		}
	}
	return cellText(strings.Join(labels, "、"))
}

func where(x Defect) string {
	switch {
	case x.Year != 0:
		return fmt.Sprintf("%d年", x.Year)
	case x.Row != 0:
		return fmt.Sprintf("第%d行", x.Row)
	}
	return ""
}

// cellText keeps a text in one cell of a Markdown table.
func cellText(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s)
}
