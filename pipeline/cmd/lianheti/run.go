package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/consolidate"
	"lianheti/stages/feedback"
	"lianheti/stages/model"
	"lianheti/stages/review"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "处理收到的全部工作簿，写出省级汇总、退回件和数据表",
		UsageText: "lianheti run [选项] 文件夹或文件...",
		Description: "输入可以是文件夹、.xlsx 文件和 .zip 压缩包的任意组合。结果写到 输出文件夹/年度/，\n" +
			"要么完整换新，要么一点不动。同样的输入和定义，得到同样的结果。",
		Flags: []cli.Flag{
			yearFlag,
			outFlag("output", "输出`文件夹`"),
			&cli.StringFlag{Name: "freeze", Usage: "同时留一份会议版，`名称`如 0905评审会：放在 输出文件夹/年度-名称，以后的运行不会动它"},
			registerFlag, marksFlag,
			&cli.StringFlag{Name: "opinions", TakesFile: true,
				Usage: "会审页导出的意见.json（`文件`），须是 --previous 那次结果上的；记进运行记录，在新的会审页上再列出"},
			&cli.BoolFlag{Name: "allow-trial", Usage: "评齐之前的会审页、会议版的会审页也给权重试算"},
			&cli.IntFlag{Name: "select", Action: positive("select"), Usage: "拟遴选几家（`家数`）；不写则按定义"},
			&cli.StringFlag{Name: "from", TakesFile: true, Usage: "不读原件，从以前公布的数据表（data `文件夹`）重新检查、计分、汇总，例如换一套权重试算"},
			&cli.StringSliceFlag{Name: "previous", TakesFile: true,
				Usage: "与上一轮相比：上一轮结果所在的`文件夹`（其中有 run.json）；以前年度的也可以给，有几个写几次，用来核对当时的承诺"},
			&cli.BoolFlag{Name: "rescale", Usage: "专家评分以后，尺度本来沿用上一轮（--previous）；写上则按本轮参加排名的重新定"},
			&cli.StringFlag{Name: "date", Usage: "这次运行的`日期`，写成 年-月-日；不写则不显示日期"},
			&cli.StringFlag{Name: "reply-by", Usage: "请地市在哪一`日`前改好、报来，写成 年-月-日；不写则由 --date 和补正期限算出"},
			&cli.BoolFlag{Name: "strict", Usage: "有需要退回的申报时，退出码为 1"},
			definitionFlag, workersFlag, jsonFlag,
		},
		Action: func(c *cli.Context) error {
			o, result, err := worked(c, func(ctx context.Context, o pipeline.Options) (*pipeline.Result, error) {
				if err := runOptions(c, &o); err != nil {
					return nil, err
				}
				return pipeline.Run(ctx, o)
			})
			if err != nil {
				return err
			}
			r := outcome{result, o.Definition}
			if err = tell(c, result.Manifest, "run", r); err == nil && c.Bool("json") {
				err = say(c.App.ErrWriter, "kept", r)
			}
			return concluded(err, r.Nothing() || c.Bool("strict") && len(r.Returned()) > 0)
		},
	}
}

// runOptions adds what only a run can be asked for.
func runOptions(c *cli.Context, o *pipeline.Options) error {
	o.Rescale, o.Freeze, o.Date, o.ReplyBy = c.Bool("rescale"), c.String("freeze"), c.String("date"), c.String("reply-by")
	o.Opinions, o.AllowTrial = c.String("opinions"), c.Bool("allow-trial")
	o.Score = score.Options{Select: c.Int("select"), Workers: o.Workers}
	o.Previous = "" // a run may be given several
	for _, dir := range c.StringSlice("previous") {
		m, err := publish.ReadManifest(dir)
		switch {
		case err == nil && m.Year < o.Definition.Year:
			o.Earlier = append(o.Earlier, dir)
		case o.Previous != "":
			return usageError{fmt.Errorf("--previous 给了两个本年度的结果（%s、%s）：只能与一轮相比", o.Previous, dir)}
		default:
			o.Previous = dir
		}
	}
	return days(c, o.Definition.Year)
}

// days proves that the run's date and the day for answers exist, in a year in which this year's call can have been
// worked on, and that the second lies ahead of the first.
func days(c *cli.Context, year int) error {
	const longest = 20 // years after the call
	for _, flag := range []string{"date", "reply-by"} {
		day := c.String(flag)
		if day == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, day)
		switch {
		case err != nil:
			return usageError{fmt.Errorf("--%s 要写成 年-月-日（四位-两位-两位数字），并且真有这一天，不是“%s”", flag, day)}
		case at.Year() < year || at.Year() > year+longest:
			return usageError{fmt.Errorf("--%s 写的是 %s，不会是处理%d年批次的日子，请检查年份", flag, day, year)}
		}
	}
	if date, by := c.String("date"), c.String("reply-by"); by != "" && date != "" && by <= date {
		return usageError{fmt.Errorf("--reply-by %s 不在 --date %s 之后：发出去就过期了", by, date)}
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// outcome is a run as it is told at its end: see messages/run.tmpl.
type outcome struct {
	*pipeline.Result
	D *templates.Definition
}

// Nothing says that not one file could be used.
func (r outcome) Nothing() bool { return r.Manifest.From == nil && r.Manifest.Counts.Submissions == 0 }

// Returned are the verdicts on what goes back, in the order of the submissions.
func (r outcome) Returned() []returned {
	var out []returned
	for _, s := range r.Submitted {
		if v := r.Verdicts[s.Submission]; v.Verdict == model.Return {
			out = append(out, returned{s, v})
		}
	}
	return out
}

type returned struct {
	table.Submission
	Said table.Verdict
}

// ByVerdict and ByProgress count the submissions, and the progress forms, by their verdicts.
func (r outcome) ByVerdict() string  { return inWords(counted(maps.Values(r.Verdicts))) }
func (r outcome) ByProgress() string { return inWords(counted(r.Progress.Verdicts.All())) }

func counted(all iter.Seq[table.Verdict]) map[model.Verdict]int {
	n := map[model.Verdict]int{}
	for v := range all {
		n[v.Verdict]++
	}
	return n
}

func inWords(n map[model.Verdict]int) string {
	return fmt.Sprintf("%s %d，%s %d，%s %d", model.Accept, n[model.Accept], model.AskFirst, n[model.AskFirst], model.Return,
		n[model.Return])
}

// Marks counts the experts' workbooks of a fate.
func (r outcome) Marks(fate string) (n int) {
	for _, f := range r.Marking.Files {
		if string(f.Fate) == fate {
			n++
		}
	}
	return n
}

// Method is what the scores are; empty where there are none.
func (r outcome) Method() string {
	if len(r.Ranking) == 0 {
		return ""
	}
	kind, _, _ := strings.Cut(r.Ranking[0].Method, "；")
	return kind
}

// Head is the first few of the ranking.
func (r outcome) Head() []table.Rank {
	const few = 5
	ranked := slices.DeleteFunc(slices.Clone(r.Ranking), func(x table.Rank) bool { return !x.Ranked || !x.Rank.Valid })
	return ranked[:min(few, len(ranked))]
}

// Written are the results, each with what it is for.
func (r outcome) Written() [][2]string {
	out := [][2]string{{consolidate.FileName, "请从“总览”看起"}, {review.FileName, "会上投影用的一页，双击即开，不用联网"},
		{consolidate.AppendixFile, "其余各表，全部细节"}}
	if r.D.Documents != nil {
		out = append(out, [2]string{r.D.Documents.Folder + "/", "公文的代拟稿（Word）：到了哪一步就有哪几件"})
	}
	if r.Manifest.From == nil {
		out = append(out, [2]string{consolidate.ContactsFile, "含个人信息，仅限本处使用"},
			[2]string{feedback.Folder + "/", "发还各地市的问题清单和标注件"})
	}
	return append(out, [2]string{r.D.Register.Next, "登记表：等处里定的已预填，拷出来填好，下次运行用 --register 交来"},
		[2]string{"data/", "数据表（Arrow、Parquet、CSV）"}, [2]string{publish.ManifestName, "运行记录，可用 lianheti verify 核对"})
}

// Next are the things to do after a run, by how far the year's work is.
func (r outcome) Next() []string {
	if r.Nothing() {
		return []string{"请报送单位按上面的原因重报，收到后再运行"}
	}
	out := []string{"用 Excel 或 WPS 打开 " + consolidate.FileName + "，先看“总览”"}
	if r.Chosen > 0 && r.D.Documents != nil {
		return append(out, fmt.Sprintf("已登记入选 %d 家：%s/ 里的公布通知稿、归档目录核对后用，全部结果连同 %s 一并归档", r.Chosen,
			r.D.Documents.Folder, publish.ManifestName),
			fmt.Sprintf("明年核对承诺：lianheti template --year %d --from %s/data --registered 登记表 -o 下发", r.D.Year+1, r.Dir))
	}
	n := counted(maps.Values(r.Verdicts))
	if back := n[model.Return] + n[model.AskFirst] + int(r.Manifest.Counts.Rejected); back > 0 && r.Manifest.From == nil {
		out = append(out, fmt.Sprintf("把 %s/ 里各地市的文件夹发还（要改、要说明或重报的 %d 份）；改好的放进收件文件夹再运行，加上 --previous %s",
			feedback.Folder, back, r.Dir))
	}
	if !r.Standing.Complete() {
		out = append(out, "还没有评的，用 lianheti experts 做评分表；交回后加上 --marks 再运行")
	}
	const most = 3
	out = append(out, fmt.Sprintf("要认定、采纳的填进 %s（先拷出来），加上 --register 再运行", r.D.Register.Next),
		"上会前加上 --freeze 名称，留一份不再变动的会议版")
	return out[:most]
}
