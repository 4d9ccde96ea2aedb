package normalize

import (
	"slices"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Personal data ends here: all after this stage but the contacts knows no phone, identity number or mail address, nor
// the names that the workbook's fields for persons give, so that what is checked is what is published.

// private is what the fields for persons of one workbook say, to be hidden wherever else in the workbook it recurs.
type private struct {
	said  []string
	names text.People
	open  bool // hide nothing
}

func privateOf(d *templates.Definition, entries []model.Entry) private {
	var said []string
	for _, e := range entries {
		if !d.Field(e.Field).Personal || !e.Filled {
			continue
		}
		for _, name := range append(Names(e.Raw), Names(e.Struck)...) {
			if name = personName(name); name != "" {
				said = append(said, name)
				if r := []rune(name); len(r) > 2 { // 欧阳明华: 明华主任
					for _, title := range titles {
						said = append(said, string(r[len(r)-2:])+title)
					}
				}
			}
		}
	}
	return private{said: said, names: text.NewPeople(said)}
}

// hide hides names and whatever has the pattern of a phone, an identity number or a mail address.
func (p private) hide(s string) string {
	if p.open {
		return s
	}
	return text.Mask(p.names.Hide(s))
}

// surnames are the common ones of one character. What begins with none is a title or a remark, such as 校长 or 待定.
const surnames = `赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛奚范彭郎鲁韦马苗花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元卜顾孟黄和穆萧尹姚邵汪祁毛
狄米贝明臧成戴谈宋庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万柯管卢莫房裘解应丁宣邓郁单杭洪包诸左石崔吉龚程邢裴陆荣翁荀惠甄曲封储靳汲邴松段富巫乌焦巴弓牧谷车侯全班仰秋仲伊宫宁仇栾甘厉戎祖武
符刘景詹束龙叶幸司韶黎蓟薄印白怀蒲鄂索赖卓蔺屠蒙池乔阴胥苍闻莘翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温庄晏柴瞿阎慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步耿满弘匡国文寇广禄阙欧利师巩聂关荆游权盖益桓公肖丘官涂付代侨佘
揭缪兰蓟饶阳占丛仝揣岳帅练干税佟辛简敖冷訾辜纵邸原占苑练来`

var doubleSurnames = strings.Fields("欧阳 上官 司马 诸葛 司徒 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 端木 南宫 范姜 张简")

// titles may stand behind a name without a space.
var titles = strings.Fields(
	"副主任 主任 副校长 校长 副书记 书记 副院长 院长 处长 副处长 科长 老师 教授 先生 女士 总经理 经理 董事长")

// posts begin with a surname, too, and would be hidden in every text; offices are known by how they end.
var posts = []string{"管委会", "常务", "项目", "车间", "安全", "平台", "高级", "高工", "高管", "管理员", "干事", "农艺师", "纪检"}

// personName gives the name that a text begins with: two to four characters, the first a surname; empty: none.
func personName(s string) string {
	if end := strings.IndexFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) }); end >= 0 {
		s = s[:end]
	}
	for _, t := range titles {
		if rest, ok := strings.CutSuffix(s, t); ok {
			s = rest
			break
		}
	}
	const offices = "局委办处部区院校系室" // what names of offices end with
	runes := []rune(s)
	switch {
	case len(runes) < 2 || len(runes) > 4:
	case slices.Contains(posts, s) || strings.ContainsRune(offices, runes[len(runes)-1]):
	case len(runes) > 2 && slices.Contains(doubleSurnames, string(runes[:2])):
		return s
	case len(runes) < 4 && strings.ContainsRune(surnames, runes[0]):
		return s
	}
	return ""
}

// seen is a text as everybody may see it. That something was hidden in it is recorded as a change in reading.
func (r *reader) seen(f *templates.Field, e model.Entry, s string) string {
	if f.Personal || r.private.open {
		return s
	}
	named := r.private.names.Hide(s)
	masked := text.Mask(named)
	if masked != named {
		r.coerced(f, e, []table.Coercion{{Kind: "masked"}}, "")
	}
	if named != s {
		r.coerced(f, e, []table.Coercion{{Kind: "masked_name"}}, "")
	}
	return masked
}

// hideSource hides what the names of a file and its sheets say, and what was noted about it in reading.
func (p private) hideSource(w *model.Workbook) {
	hidden := map[string]string{} // the places name a few sheets of one file again and again
	once := func(s string) string {
		out, ok := hidden[s]
		if !ok {
			out = p.hide(s)
			hidden[s] = out
		}
		return out
	}
	place := func(x *model.Place) { x.File, x.Sheet = once(x.File), once(x.Sheet) }
	w.File.Path, w.File.Detail = p.hide(w.File.Path), p.hide(w.File.Detail)
	for i := range w.Entries {
		place(&w.Entries[i].Place)
	}
	for i := range w.Columns {
		place(&w.Columns[i].Place)
	}
	for i := range w.Loose {
		place(&w.Loose[i].Place)
	}
	for i := range w.Notes {
		n := &w.Notes[i]
		n.Raw, n.Value = p.hide(n.Raw), p.hide(n.Value)
		for k := range n.Places {
			place(&n.Places[k])
		}
		for name, value := range n.Vars {
			n.Vars[name] = p.hide(value)
		}
	}
}
