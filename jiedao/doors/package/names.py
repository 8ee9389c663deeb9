"""Invented names and numbers (化名): of nobody, the same for the same seat, and no network assigns the numbers."""

_SURNAMES = (
    "王Wang 李Li 张Zhang 刘Liu 陈Chen 杨Yang 赵Zhao 黄Huang 周Zhou 吴Wu 徐Xu 孙Sun 胡Hu 朱Zhu 高Gao 林Lin 何He 郭Guo 马Ma "
    "罗Luo 梁Liang 宋Song 郑Zheng 谢Xie 韩Han 唐Tang 冯Feng 于Yu 董Dong 萧Xiao 程Cheng 曹Cao 袁Yuan 邓Deng 许Xu 傅Fu "
    "沈Shen 曾Zeng 彭Peng 吕Lü 苏Su 卢Lu 蒋Jiang 蔡Cai 贾Jia 丁Ding 魏Wei 薛Xue 叶Ye 阎Yan 余Yu 潘Pan 杜Du 戴Dai 夏Xia "
    "钟Zhong 汪Wang 田Tian 任Ren 姜Jiang 范Fan 方Fang 石Shi 姚Yao 谭Tan 廖Liao 邹Zou 熊Xiong 金Jin 陆Lu 郝Hao 孔Kong 白Bai "
    "崔Cui 康Kang 毛Mao 邱Qiu 秦Qin 江Jiang 史Shi 顾Gu 侯Hou 邵Shao 孟Meng 龙Long 万Wan 段Duan 钱Qian 汤Tang 尹Yin 黎Li 易Yi"
).split()
_GIVEN = (
    "安An 晨Chen 宁Ning 悦Yue 涵Han 睿Rui 彤Tong 昊Hao 然Ran 楠Nan 航Hang 琪Qi 诗Shi 欣Xin 怡Yi 雪Xue 凯Kai 超Chao 宇Yu 博Bo "
    "磊Lei 洋Yang 涛Tao 勇Yong 艳Yan 敏Min 静Jing 丽Li 强Qiang 军Jun 杰Jie 娟Juan 霞Xia 平Ping 刚Gang 桂Gui 芳Fang 玲Ling 浩Hao "
    "文Wen 辉Hui 慧Hui 明Ming 华Hua 嘉Jia 泽Ze 梓Zi 雨Yu 婷Ting 伟Wei 志Zhi 远Yuan 晓Xiao 云Yun 春Chun 秀Xiu 英Ying 思Si 源Yuan "
    "海Hai 松Song 柏Bai 岚Lan 舟Zhou 禾He 朗Lang 清Qing 瑶Yao 卓Zhuo 林Lin 一Yi 可Ke 佳Jia 恒Heng 立Li 新Xin 乐Le 成Cheng 瑞Rui"
).split()


def invented_name(digest: bytes) -> tuple[str, str]:
    """A name in Chinese and in English, drawn by a digest of the seat."""
    surname = _SURNAMES[int.from_bytes(digest[:2]) % len(_SURNAMES)]
    first = _GIVEN[int.from_bytes(digest[2:4]) % len(_GIVEN)]
    second = _GIVEN[int.from_bytes(digest[4:6]) % len(_GIVEN)] if digest[6] % 5 else ""
    given = second[1:].lower() if second else ""
    return surname[0] + first[0] + second[:1], f"{surname[1:]} {first[1:]}{given}"


def invented_phone(digest: bytes) -> str:
    """Eleven digits that begin with 100, which is no mobile prefix."""
    return f"100{int.from_bytes(digest[8:12]) % 100_000_000:08}"
