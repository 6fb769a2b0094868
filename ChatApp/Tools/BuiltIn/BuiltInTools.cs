using System.ComponentModel;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatApp.Tools.BuiltIn;

/// <summary>What every model may use without a setting: <c>clock</c> and <c>calculator</c>. Neither touches anything outside.</summary>
internal sealed class BuiltInTools : IToolSource
{
    /// <summary>The name of the clock.</summary>
    public const string Clock = "clock";

    /// <summary>The name of the calculator.</summary>
    public const string Calculator = "calculator";

    // Results are read by models and by people, and put into no HTML as they are: +09:00 stays what it is.
    private static readonly JsonSerializerOptions Json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly WorldClock _clock;

    public BuiltInTools(TimeProvider time)
    {
        _clock = new WorldClock(time);
        Tools =
        [
            Make(TellTime, Clock, "Clock", "Tells the date, the weekday and the time that it is now somewhere, with the time zone and its UTC offset. Call it whenever the answer depends on the present date or time."),
            Make(
                Evaluate,
                Calculator,
                "Calculator",
                "Computes an arithmetic expression, exactly where that is possible. Knows + - * / % ^ and parentheses, sqrt abs round floor ceil min max ln log sin cos tan, pi and e. "
                    + "17% is 0.17, \"17% of 4310\" works; 10 % 3 is the remainder; log has base 10; angles are in radians; round(x, digits). Write numbers without separators of thousands."),
        ];
    }

    public IReadOnlyList<Tool> Tools { get; }

    private static Tool Make(Delegate method, string name, string title, string description) =>
        new(AIFunctionFactory.Create(method, new AIFunctionFactoryOptions { Name = name, Description = description, SerializerOptions = Json })) { Title = title, IsDefault = true };

    private ClockReading TellTime(
        [Description("A city such as Tokyo, an IANA time zone such as Europe/Berlin, a Windows one such as Pacific Standard Time, or an offset such as UTC+5:30. Leave it out for the server's own.")] string? timeZone = null) =>
        _clock.Read(timeZone);

    private static string Evaluate([Description("The expression, such as (3 + 4) * 2^10 or 17% of 4310.")] string expression) =>
        Arithmetic.Evaluate(expression).ToString();
}
