package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"lianheti/templates"
)

// groundsName is the committed rendering of the notice, beside the year's definition: what answers each sentence.
const groundsName = "依据对照.md"

// groundsMarkdown writes for people what answers each sentence of the notice, on what each rule rests, and what is beyond
// the official form. The definition has been held against its notice: it has no Warning.
func groundsMarkdown(w io.Writer, d *templates.Definition) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %d年批次依据对照\n\n由 templates/%d 的定义生成，请勿手改。"+
		"《%s》逐句，每一句由什么回应；表格一行一条，各格用“%s”隔开。\n",
		d.Directory.Batch, d.Year, d.Notice.Title, templates.NoticeCell)
	for _, p := range d.Notice.Parts {
		fmt.Fprintf(b, "\n## %s\n\n", p.Cite)
		row(b, "出处", "原文", "由什么回应")
		row(b, "---", "---", "---")
		for _, item := range p.Items {
			row(b, p.CiteOf(item), item.Text, strings.Join(d.Answers(item), "；"))
		}
	}
	fmt.Fprint(b, "\n# 规则的依据\n\n")
	row(b, "代码", "检查什么", "依据")
	row(b, "---", "---", "---")
	for _, r := range d.Rules {
		row(b, r.Code, r.Title, r.Authority)
	}
	fmt.Fprintf(b, "\n# 推荐书之外的栏目\n\n这些栏目单独不构成退回的理由。另有各指标的承诺年度，标为“%s”。\n\n", d.Form.ExtraTag)
	row(b, "栏目", "标明", "出处")
	row(b, "---", "---", "---")
	for _, f := range d.Form.Fields() {
		if mark := d.Form.Mark(f); mark != "" {
			row(b, d.Label(f.ID), mark, f.Paragraph)
		}
	}
	return b.Flush()
}

// row writes one line of a table.
func row(w io.Writer, cells ...string) {
	for _, c := range cells {
		fmt.Fprint(w, "| ", cellText.Replace(c), " ")
	}
	fmt.Fprintln(w, "|")
}
