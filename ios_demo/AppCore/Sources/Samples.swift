/// A passage to try the app with, and questions that it answers.
public struct Sample: Sendable, Identifiable {
  public let title: String
  public let passage: String
  public let questions: [String]
  public var id: String { title }

  /// Those of the Android app too; the last one is longer than a window of any model.
  public static let all = [ferry, bread, cafe, river]

  private static let ferry = Sample(
    title: "The night ferry",
    passage: """
      The night ferry Aurelia leaves Port Vennick at 22:40 and reaches the island of Skarn at \
      6:15 the next morning. She carries 340 passengers, 60 cars and the island's mail. In \
      winter she sails only three times a week, because ice closes the northern channel; a tug \
      named Bosse then breaks the way for her. Captain Ines Hallberg has commanded the ship \
      since 2009. Before that she drew sea charts for the navy.
      """,
    questions: [
      "When does the ferry leave?",
      "Who commands the ship?",
      "Why does she sail less often in winter?",
    ])

  private static let bread = Sample(
    title: "Bread without kneading",
    passage: """
      For this bread stir 450 grams of flour, two teaspoons of salt and a quarter of a teaspoon \
      of dry yeast in a bowl, then add 350 grams of cold water. Cover the bowl and leave it on \
      the table for fourteen hours; time does the work of kneading. Fold the dough twice, let it \
      rest for one hour more, and heat an iron pot in the oven to 230 °C. Bake the loaf in the \
      closed pot for thirty minutes and without the lid for another fifteen, until the crust is \
      dark brown. It sings when it cools: the crust cracks.
      """,
    questions: [
      "How much water is needed?",
      "How long does the dough stay on the table?",
      "What is the bread baked in?",
    ])

  private static let cafe = Sample(
    title: "Café Ångström",
    passage: """
      Café Ångström in the Straße am Fluß was opened in 1958 by Zoë Lefèvre, a physicist from \
      Besançon who had grown tired of laboratories. Her menu named every cake after a unit of \
      measurement: the volt was lemon, the tesla chocolate, and the candela came with a burning \
      match. Students paid half the price if they could explain the unit. The café closed in \
      2011; its sign, 2.5 m wide, hangs in the physics department today.
      """,
    questions: [
      "Who opened the café?",
      "What did the tesla taste of?",
      "Where is the sign now?",
    ])

  private static let river = Sample(
    title: "A year on the river (long)",
    passage: """
      In January the river Oule was frozen from bank to bank for the first time in eleven years. \
      The miller's children skated as far as the weir, and the postman, who otherwise needs the \
      bridge, walked straight across with his bag. The ice was twenty centimetres thick on the \
      ninth of the month. On the last day of January it broke with a noise like thunder, and by \
      the evening the floes had piled up against the pillars of the bridge.

      February brought little but rain. The water rose a hand's breadth a day, and the council \
      had sandbags laid along Tanner Street. The flood came in the night of the twenty-first. It \
      carried away the wooden landing stage, two rowing boats and the shed in which the fishing \
      club kept its nets; nobody was hurt. The highest mark, two metres and ten above normal, \
      was later cut into the wall of the town hall beside the marks of 1882 and 1954.

      In March the meadows lay under a skin of grey mud. It smelled bad and did good: the grass \
      that grew through it in April was the tallest that the farmers could remember. The storks \
      came back on the twenty-sixth of March, three days later than the year before, and took \
      the nest on the chimney of the old dye works. A pair of kingfishers dug its tunnel into \
      the bank that the flood had cut steep.

      In April the club built a new landing stage, this time of oak, and on floats, so that it \
      can rise with the water. The wood came from a tree that a storm had felled in the parish \
      forest. The carpenter, Hedda Brand, asked for no money but for the right to moor her boat \
      there for the rest of her life. The members thought that was a fair price and gave her a \
      key as well.

      May was dry and warm. The beekeeper at the lock, old Matthias Roon, put his twelve hives \
      into the blossoming acacias and took 180 kilograms of honey from them in three weeks. He \
      sells it on Saturdays from a table in front of his house. There is a tin for the money and \
      nobody to watch it. Only once in thirty years, he says, was there too little in it, and \
      the week after there was too much.

      In June the school measured the river. Every class took one stretch, with tapes, poles and \
      a rope with knots. They found that the Oule is 31 metres wide at the mill, 18 at the \
      narrows, and four metres deep in the pool below the weir, where swimming is not allowed \
      and everybody swims. Their map hangs in the library. It shows two islands that no official \
      map has.

      July was so hot that the water fell until the foundations of the Roman bridge came out, \
      nine square stones in a row. A professor came from the capital with four students and a \
      camera on a long pole. They found a coin of the emperor Hadrian, a shoe buckle and a great \
      many bottle tops. The coin is in the museum now. The bottle tops were given to the school, \
      which made a fish of them, three metres long.

      On the first Sunday of August the boats raced from the weir to the lock, as they have \
      since 1921. The bakers' boat won for the third year in a row. The fire brigade, who had \
      led up to the narrows, ran onto one of the two islands that are on no map. In the evening \
      there were lanterns on the water and a band on the new landing stage, which held.

      September and October belonged to the anglers. The biggest pike weighed eleven kilograms \
      and was caught by a girl of nine, Lotte Weil, who let it go again because it had looked at \
      her. The log book of the lock, kept by the lock keeper Anselm Dorn without a gap since \
      1987, has the weight, the hour and the words: witnessed by me. In October he counted 214 \
      boats, the fewest since the book began.

      In November fog lay on the river for sixteen days. The ferry to the other bank rang its \
      bell at every crossing, and people in Tanner Street set their clocks by it. In December \
      the first ice showed at the edges again. The children put their skates by the door. The \
      postman, when he was asked, said that he could wait.
      """,
    questions: [
      "Who kept the log book?",
      "What did the flood carry away?",
      "How much honey did the hives give?",
    ])
}
