using System.Globalization;
using System.Numerics;
using ChatApp.Tools;
using ChatApp.Tools.BuiltIn;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Tools;

public sealed class CalculatorTests
{
    [Theory]
    [InlineData("0.1+0.2", "0.3")]
    [InlineData("17 % of 4310", "732.7")]
    [InlineData("17% of 4310", "732.7")]
    [InlineData("17%", "0.17")]
    [InlineData("4310 * 17%", "732.7")]
    [InlineData("200 - 10%", "199.9")]
    [InlineData("10 % 3", "1")]
    [InlineData("-7 % 3", "-1")]
    [InlineData("10 % (-3)", "1")]
    [InlineData("50%%", "0.005")]
    [InlineData("2^10", "1024")]
    [InlineData("2**10", "1024")]
    [InlineData("2^3^2", "512")]
    [InlineData("2^-1", "0.5")]
    [InlineData("-2^2", "-4")]
    [InlineData("(-2)^2", "4")]
    [InlineData("--2", "2")]
    [InlineData("1/3*3", "1")]
    [InlineData("10/3", "3.333333333333333333333333333")]
    [InlineData("2/3", "0.6666666666666666666666666667")]
    [InlineData("1/300000", "0.000003333333333333333333333333333")]
    [InlineData("1/8", "0.125")]
    [InlineData("2^100", "1267650600228229401496703205376")]
    [InlineData("sqrt(4310 * 0 + 144)", "12")]
    [InlineData("sqrt(2.25)", "1.5")]
    [InlineData("sqrt(2)", "1.4142135623731")]
    [InlineData("sin(pi/6)", "0.5")]
    [InlineData("cos(0) + tan(0)", "1")]
    [InlineData("ln(e)", "1")]
    [InlineData("log(1000)", "3")]
    [InlineData("round(2.5)", "3")]
    [InlineData("round(-2.5)", "-3")]
    [InlineData("round(2.675, 2)", "2.68")]
    [InlineData("round(1234, -2)", "1200")]
    [InlineData("floor(-1.5) + ceil(1.2)", "0")]
    [InlineData("min(3, 1/2, 2) + max(1, pi)", "3.64159265358979")]
    [InlineData("abs(-3.50)", "3.5")]
    [InlineData("1.5e3 + .5", "1500.5")]
    [InlineData("2e", null)]
    [InlineData("12 × 7 ÷ 2 − 1", "41")]
    [InlineData("SQRT(9)", "3")]
    [InlineData("1e300 * 1e300 / 1e300 / 1e300", "1")]
    [InlineData("1/0", null)]
    [InlineData("5 % 0", null)]
    [InlineData("0^-1", null)]
    [InlineData("9^9^9^9", null)]
    [InlineData("10^400000", null)]
    [InlineData("floor(sqrt(3) * sqrt(3))", "3")]
    [InlineData("ceil(sqrt(5) * sqrt(5))", "5")]
    [InlineData("floor(-1e-30 * cos(0))", "-1")]
    [InlineData("round(1000 * sqrt(2), -2)", "1400")]
    [InlineData("round(sqrt(2) / 1e10, 12)", "0.000000000141")]
    [InlineData("floor(1e20 * cos(0))", "1E+20")]
    [InlineData("sqrt(1e320 / 3^63)", "9.34717720826389E+144")]
    [InlineData("1e99999", null)]
    [InlineData("sqrt(-1)", null)]
    [InlineData("(-8)^0.5", null)]
    [InlineData("ln(0)", null)]
    [InlineData("tan(1e5000)", null)]
    [InlineData("", null)]
    [InlineData("4,310 + 1", null)]
    [InlineData("1 +", null)]
    [InlineData("(1", null)]
    [InlineData("1)", null)]
    [InlineData("2 pi", null)]
    [InlineData("foo(1)", null)]
    [InlineData("sqrt 2", null)]
    [InlineData("sqrt(1,2)", null)]
    [InlineData("1..2", null)]
    [InlineData(".", null)]
    [InlineData("1 = 1", null)]
    public void Evaluate_Expression_HasItsResultOrSaysWhyNot(string expression, string? result)
    {
        if (result is null)
        {
            Assert.EndsWith(".", Assert.Throws<ToolException>(() => Arithmetic.Evaluate(expression)).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(result, Arithmetic.Evaluate(expression).ToString());
        }
    }

    [Fact]
    public void Evaluate_DeepLongOrLarge_IsRefusedAtOnce()
    {
        Assert.Contains("deeper", Refusal(new string('(', 500) + "1" + new string(')', 499)), StringComparison.Ordinal);
        Assert.Contains("deeper", Refusal(new string('-', 999) + "1"), StringComparison.Ordinal);
        Assert.Contains("deeper", Refusal(string.Join('^', Enumerable.Repeat("1", 400))), StringComparison.Ordinal);
        Assert.Contains("more than 1000 characters", Refusal(new string('1', 1001)), StringComparison.Ordinal);
        Assert.Contains("too large", Refusal(string.Join('*', Enumerable.Repeat("9^999", 99))), StringComparison.Ordinal);

        // The most that fits into an expression; its digits are kept by no fraction.
        _ = Arithmetic.Evaluate("1/" + new string('9', 300) + "+" + string.Join('+', Enumerable.Range(1, 110).Select(n => $"1/{n}"))).ToString();
        _ = Arithmetic.Evaluate(string.Join('*', Enumerable.Repeat("1.01^80", 120))).ToString();

        static string Refusal(string expression) => Assert.Throws<ToolException>(() => Arithmetic.Evaluate(expression)).Message;
    }

    // Whole numbers, written with as many parentheses as it takes, have the result that whole numbers have.
    [Fact]
    public void Evaluate_SumsOfWholeNumbers_AreThoseOfBigInteger() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(Sums().ToArbitrary(), sum => Arithmetic.Evaluate(sum.Text).ToString() == sum.Value.ToString(CultureInfo.InvariantCulture)));

    [Fact]
    public void Evaluate_Decimals_AreThoseOfDecimal() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(
            Gen.Choose(-100_000, 100_000).Three().ToArbitrary(),
            all =>
            {
                var (a, b, c) = (all.Item1 / 100m, all.Item2 / 1000m, all.Item3 / 10m);
                return decimal.Parse(Evaluated($"({a}) + ({b}) * ({c}) - ({a}) * 10%"), CultureInfo.InvariantCulture) == a + (b * c) - (a * 0.1m);
            }));

    [Fact]
    public void Evaluate_AnyText_HasAResultOrAnExplanation() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(
            Gen.OneOf(
                Gen.Elements("1 23 .5 1e3 + - * / % ^ ( ) , of pi e sqrt( min( round( log( x § 😀 \0 9999999999".Split(' ')).ListOf().Select(string.Concat),
                ArbMap.Default.GeneratorFor<string>().Where(text => text is not null)).ToArbitrary(),
            text =>
            {
                try
                {
                    var shown = Evaluated(text);
                    return shown.Length > 0 && !shown.Contains('∞', StringComparison.Ordinal) && !shown.Contains("NaN", StringComparison.Ordinal);
                }
                catch (ToolException exception)
                {
                    return exception.Message.Length is > 0 and < 400;
                }
            }));

    private static string Evaluated(string expression) => Arithmetic.Evaluate(expression).ToString();

    private static Gen<(string Text, BigInteger Value)> Sums() => Gen.Sized(Sums);

    private static Gen<(string Text, BigInteger Value)> Sums(int size)
    {
        var number = Gen.Choose(0, 1_000_000).Select(n => (Text: n.ToString(CultureInfo.InvariantCulture), Value: (BigInteger)n));
        if (size <= 1)
        {
            return number;
        }

        var part = Sums(Math.Min(size, 30) / 3);
        return Gen.OneOf(
            number,
            part.Select(a => ($"-({a.Text})", -a.Value)),
            part.SelectMany(a => part.Select(b => ($"({a.Text}) + ({b.Text})", a.Value + b.Value))),
            part.SelectMany(a => part.Select(b => ($"({a.Text})-({b.Text})", a.Value - b.Value))),
            part.SelectMany(a => part.Select(b => ($"({a.Text}) * ({b.Text})", a.Value * b.Value))));
    }
}
